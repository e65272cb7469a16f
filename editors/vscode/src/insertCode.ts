// Code of an answer goes where the user was last; while they look at the panel no editor is active.

import { env, type TextEditor, window } from 'vscode';

let last: TextEditor | undefined = window.activeTextEditor;

/** To be called once: remembers the editor that was active last. */
export function rememberEditor() {
  return window.onDidChangeActiveTextEditor((editor) => {
    last = editor ?? last;
  });
}

/** The editor that the user is in, or was before they went to the panel. */
export function lastEditor(): TextEditor | undefined {
  return window.visibleTextEditors.includes(last as TextEditor) ? last : window.activeTextEditor;
}

export async function copyCode(code: string): Promise<void> {
  await env.clipboard.writeText(code);
}

/** In place of the selection, as one undo step. */
export async function insertCode(code: string): Promise<void> {
  const editor = lastEditor();
  if (!editor) {
    void window.showInformationMessage('Nearline: open the file that the code is to go into.');
    return;
  }
  await editor.edit((edit) => edit.replace(editor.selection, code));
  await window.showTextDocument(editor.document, editor.viewColumn);
}
