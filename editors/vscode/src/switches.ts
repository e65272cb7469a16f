// When not to ask: switched off, off for the language, paused. Nothing is sent then.

import { ConfigurationTarget, type Disposable, EventEmitter, type TextDocument, window, workspace } from 'vscode';

const HOUR_MS = 3_600_000;

/** The switches of this window; pauses end with it, the others are settings. */
export class Switches implements Disposable {
  private readonly changes = new EventEmitter<void>();
  private pauseEnd: number | undefined;
  private timer: NodeJS.Timeout | undefined;
  private readonly listener = workspace.onDidChangeConfiguration((event) => {
    if (event.affectsConfiguration('nearline.enabled') || event.affectsConfiguration('nearline.disabledLanguages')) {
      this.changes.fire();
    }
  });

  /** Something was switched. */
  readonly onChange = this.changes.event;

  /** Whether text is suggested in a document; where only its language is off, the user may still ask by hand. */
  suggestsIn(document: TextDocument, byHand = false): boolean {
    return this.enabled && !this.paused && (byHand || !this.disabledLanguages.includes(document.languageId));
  }

  get enabled(): boolean {
    return settings().get<boolean>('enabled', true);
  }

  get disabledLanguages(): string[] {
    return settings().get<string[]>('disabledLanguages', []);
  }

  get paused(): boolean {
    return this.pauseEnd !== undefined;
  }

  /** When the pause ends, in Unix milliseconds; Infinity: when the user resumes. */
  get pausedUntil(): number | undefined {
    return this.pauseEnd;
  }

  pauseForAnHour(): void {
    this.pause(Date.now() + HOUR_MS);
    this.timer = setTimeout(() => this.resume(), HOUR_MS);
  }

  pauseUntilResumed(): void {
    this.pause(Infinity);
  }

  resume(): void {
    clearTimeout(this.timer);
    this.pauseEnd = undefined;
    this.changes.fire();
  }

  /** Switch suggestions off, or on again, for the language of the active editor, in the user's settings. */
  async toggleLanguage(): Promise<void> {
    const language = window.activeTextEditor?.document.languageId;
    if (!language) {
      return;
    }
    const others = this.disabledLanguages.filter((one) => one !== language);
    const wasOff = others.length < this.disabledLanguages.length;
    await update('disabledLanguages', wasOff ? others : [...others, language]);
  }

  /** Switch suggestions off, or on again, in this workspace; without a folder, everywhere. */
  async toggleWorkspace(): Promise<void> {
    await settings().update('enabled', !this.enabled, workspaceTarget());
  }

  dispose(): void {
    clearTimeout(this.timer);
    this.listener.dispose();
    this.changes.dispose();
  }

  private pause(until: number): void {
    clearTimeout(this.timer);
    this.pauseEnd = until;
    this.changes.fire();
  }
}

function settings() {
  return workspace.getConfiguration('nearline');
}

function workspaceTarget(): ConfigurationTarget {
  return workspace.workspaceFolders ? ConfigurationTarget.Workspace : ConfigurationTarget.Global;
}

// Where the workspace has a list of its own, the user's would not count.
async function update(name: string, value: unknown): Promise<void> {
  const own = settings().inspect(name)?.workspaceValue !== undefined;
  await settings().update(name, value, own ? ConfigurationTarget.Workspace : ConfigurationTarget.Global);
}
