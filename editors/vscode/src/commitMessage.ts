// A commit message from what is staged, or else from what has changed, into the box of the source-control view.

import { extensions, type Uri, window } from 'vscode';
import { lastEditor } from './insertCode';

// What of the editor's own Git extension is used (its API 1).
interface Repository {
  rootUri: Uri;
  inputBox: { value: string };
  diff(cached?: boolean): Promise<string>;
}

interface Git {
  repositories: Repository[];
  getRepository(uri: Uri): Repository | null;
}

/** `root` is the repository's folder where the view says so. What stood in the box stays, below the message. */
export async function writeCommitMessage(root: Uri | undefined, ask: (diff: string) => Promise<string>): Promise<void> {
  const repository = await repositoryOf(root);
  if (!repository) {
    void window.showInformationMessage('Nearline, Write commit message: there is no Git repository here.');
    return;
  }
  const diff = (await repository.diff(true)) || (await repository.diff(false));
  if (!diff) {
    void window.showInformationMessage('Nearline, Write commit message: nothing has changed.');
    return;
  }
  const message = await ask(diff);
  if (message) {
    repository.inputBox.value = [message, repository.inputBox.value].filter(Boolean).join('\n\n');
  }
}

async function repositoryOf(root: Uri | undefined): Promise<Repository | undefined> {
  const extension = extensions.getExtension<{ getAPI(version: 1): Git }>('vscode.git');
  const git = (await extension?.activate())?.getAPI(1);
  const file = root ?? lastEditor()?.document.uri;
  return (file && git?.getRepository(file)) ?? git?.repositories[0];
}
