// The settings of the typing path go to the server as they change; only those that the user or the workspace has set,
// so that nearline.yaml counts for the others.

import { type Disposable, workspace } from 'vscode';

/** Send them now. */
export function sendSettings(notify: (method: string, params: unknown) => void): void {
  const settings = { nearline: { completion: chosen() } };
  notify('workspace/didChangeConfiguration', { settings });
}

/** Call `changed` when one of them changes. */
export function onSettingsChange(changed: () => void): Disposable {
  return workspace.onDidChangeConfiguration((event) => {
    if (event.affectsConfiguration('nearline.completion')) {
      changed();
    }
  });
}

function chosen(): Record<string, unknown> {
  const at = workspace.getConfiguration('nearline').inspect<Record<string, unknown>>('completion');
  return { ...at?.globalValue, ...at?.workspaceValue, ...at?.workspaceFolderValue };
}
