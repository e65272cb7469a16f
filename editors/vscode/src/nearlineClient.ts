// The language client of the library, but for what the extension does itself.

import type { StaticFeature } from 'vscode-languageclient';
import { LanguageClient } from 'vscode-languageclient/node';
import type { Command } from './discovery';

export class NearlineClient extends LanguageClient {
  constructor([command, ...args]: Command, options: ConstructorParameters<typeof LanguageClient>[3]) {
    super('nearline', 'Nearline', { command, args }, options);
    this.registerFeature(CAPABILITIES);
  }

  // What the user should know of the server's life, the extension says in its own words.
  override error(message: string, data?: unknown): void {
    super.error(message, data, false);
  }

  // The extension has the server's commands itself, so that they are there before the server and after a crash.
  override registerFeature(feature: Parameters<LanguageClient['registerFeature']>[0]): void {
    if (!('registrationType' in feature && feature.registrationType.method === 'workspace/executeCommand')) {
      super.registerFeature(feature);
    }
  }
}

const CAPABILITIES: StaticFeature = {
  fillClientCapabilities: (capabilities) => {
    // Who cannot resolve an action's edit is given a command: one way for all actions, with preview, pin and progress.
    delete capabilities.textDocument?.codeAction?.resolveSupport;
    // `nearline/inlineCompletion/refresh` is followed, so that a suggestion may also wait for a rest of the keyboard.
    capabilities.experimental = { ...capabilities.experimental, nearline: { refresh: true } };
  },
  initialize: () => undefined,
  getState: () => ({ kind: 'static' }),
  clear: () => undefined,
};
