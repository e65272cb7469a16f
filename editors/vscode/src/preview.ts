// An action's edit before it is applied: original and result side by side, with Apply and Discard.

import { basename } from 'node:path';
import {
  type CancellationToken, commands, Disposable, Position, TabInputTextDiff, type TextDocument,
  type TextDocumentContentProvider, Uri, window, workspace,
} from 'vscode';
import { TextDocumentEdit, type TextEdit, type WorkspaceEdit } from 'vscode-languageclient';

const SCHEME = 'nearline-preview';

interface Preview {
  texts: { before: string; after: string };
  decide: (apply: boolean) => void;
}

export class Previews implements TextDocumentContentProvider, Disposable {
  private readonly open = new Map<string, Preview>();
  private count = 0;
  private readonly listeners = Disposable.from(
    workspace.registerTextDocumentContentProvider(SCHEME, this),
    commands.registerCommand('nearline.applyPreview', () => this.current()?.decide(true)),
    commands.registerCommand('nearline.discardPreview', () => this.current()?.decide(false)),
    window.tabGroups.onDidChangeTabs(({ closed }) => closed.forEach(({ input }) => this.ofInput(input)?.decide(false))),
  );

  get wanted(): boolean {
    return workspace.getConfiguration('nearline').get<boolean>('preview', true);
  }

  provideTextDocumentContent(uri: Uri): string {
    const { number, side } = parsed(uri);
    return this.open.get(number)?.texts[side] ?? '';
  }

  /** Show what the edit makes of its file; whether the user wants it. A cancelled run's is closed. */
  async show(edit: WorkspaceEdit, title: string, cancelled: CancellationToken): Promise<boolean> {
    const change = changeOf(edit);
    if (!change) {
      return true;
    }
    const uri = Uri.parse(change.textDocument.uri);
    const before = isNewFile(edit) ? undefined : await workspace.openTextDocument(uri);
    const texts = { before: before?.getText() ?? '', after: applied(before, change.edits as TextEdit[]) };
    const number = String(++this.count);
    const decided = this.decision(number, texts, cancelled);
    const [left, right] = (['before', 'after'] as const).map((side) => sideOf(uri, number, side));
    await commands.executeCommand('vscode.diff', left, right, `${basename(uri.path)}: ${title}, Apply or Discard`);
    const apply = await decided;
    await close(right!);
    return apply;
  }

  /** Show the file of an edit that was applied. */
  async reveal(edit: WorkspaceEdit): Promise<void> {
    const uri = changeOf(edit)?.textDocument.uri;
    if (uri) {
      await window.showTextDocument(Uri.parse(uri), { preview: false });
    }
  }

  dispose(): void {
    this.listeners.dispose();
  }

  private decision(number: string, texts: Preview['texts'], cancelled: CancellationToken): Promise<boolean> {
    return new Promise((resolve) => {
      const decide = (apply: boolean) => {
        this.open.delete(number);
        stopped.dispose();
        this.announce();
        resolve(apply);
      };
      const stopped = cancelled.onCancellationRequested(() => decide(false));
      this.open.set(number, { texts, decide });
      this.announce();
    });
  }

  private announce(): void {
    void commands.executeCommand('setContext', 'nearline.previewing', this.open.size > 0);
  }

  private current(): Preview | undefined {
    return this.ofInput(window.tabGroups.activeTabGroup.activeTab?.input) ?? [...this.open.values()].at(-1);
  }

  private ofInput(input: unknown): Preview | undefined {
    const uri = input instanceof TabInputTextDiff ? input.modified : undefined;
    return uri?.scheme === SCHEME ? this.open.get(parsed(uri).number) : undefined;
  }
}

/** Whether an edit makes its file. */
export function isNewFile({ documentChanges = [] }: WorkspaceEdit): boolean {
  return documentChanges.some((one) => 'kind' in one && one.kind === 'create');
}

// The server changes one file at a time.
function changeOf(edit: WorkspaceEdit): TextDocumentEdit | undefined {
  return edit.documentChanges?.find((one) => TextDocumentEdit.is(one));
}

function sideOf(uri: Uri, number: string, side: 'before' | 'after'): Uri {
  return Uri.from({ scheme: SCHEME, path: uri.path, query: `${number}/${side}` });
}

function parsed(uri: Uri): { number: string; side: 'before' | 'after' } {
  const [number = '', side] = uri.query.split('/');
  return { number, side: side === 'before' ? 'before' : 'after' };
}

// From the last to the first, so that no edit moves another.
function applied(document: TextDocument | undefined, edits: TextEdit[]): string {
  const at = ({ line, character }: { line: number; character: number }) =>
    document?.offsetAt(new Position(line, character)) ?? 0;
  const original = document?.getText() ?? '';
  return edits
    .map(({ range, newText }) => ({ start: at(range.start), end: at(range.end), newText }))
    .sort((one, other) => other.start - one.start)
    .reduce((text, { start, end, newText }) => text.slice(0, start) + newText + text.slice(end), original);
}

async function close(modified: Uri): Promise<void> {
  const shows = (input: unknown) =>
    input instanceof TabInputTextDiff && input.modified.toString() === modified.toString();
  await window.tabGroups.close(window.tabGroups.all.flatMap(({ tabs }) => tabs.filter(({ input }) => shows(input))));
}
