// Telling the server where the user is, so that it reads the prompt in before the first key is typed.

import { Disposable, type TextEditor, window } from 'vscode';

// A cursor that rests so long on another line is worth preparing for.
const REST_MS = 150;

/** Sends `textDocument/didFocus` while `wanted` says that text is suggested in the editor. */
export class Focus implements Disposable {
  private timer: NodeJS.Timeout | undefined;
  private told = { uri: '', line: -1, version: -1 };
  private readonly listeners = Disposable.from(
    window.onDidChangeActiveTextEditor((editor) => editor && this.tell(editor)),
    window.onDidChangeWindowState(({ focused }) => focused && this.tellActive()),
    window.onDidChangeTextEditorSelection(({ textEditor }) => this.moved(textEditor)),
  );

  constructor(
    private readonly wanted: (editor: TextEditor) => boolean,
    private readonly notify: (method: string, params: unknown) => void,
  ) {}

  tellActive(): void {
    if (window.activeTextEditor) {
      this.tell(window.activeTextEditor);
    }
  }

  dispose(): void {
    clearTimeout(this.timer);
    this.listeners.dispose();
  }

  private moved(editor: TextEditor): void {
    clearTimeout(this.timer);
    const { document, selection } = editor;
    const typed = document.uri.toString() === this.told.uri && document.version !== this.told.version;
    this.told.version = document.version;
    // Typing asks for itself.
    if (editor === window.activeTextEditor && !typed && selection.active.line !== this.told.line) {
      this.timer = setTimeout(() => this.tellActive(), REST_MS);
    }
  }

  private tell(editor: TextEditor): void {
    clearTimeout(this.timer);
    if (!this.wanted(editor)) {
      return;
    }
    const { document, selection } = editor;
    const uri = document.uri.toString();
    this.told = { uri, line: selection.active.line, version: document.version };
    const { line, character } = selection.active;
    this.notify('textDocument/didFocus', { textDocument: { uri }, position: { line, character } });
  }
}
