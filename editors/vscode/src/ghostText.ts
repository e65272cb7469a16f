// Ghost text: which requests go to the server, and asking again when it knows more.

import {
  commands, type InlineCompletionContext, InlineCompletionTriggerKind, type TextDocument, Uri, window, workspace,
} from 'vscode';
import type { Middleware } from 'vscode-languageclient';
import type { Refresh } from './protocol';
import type { Switches } from './switches';

type Provide = NonNullable<Middleware['provideInlineCompletionItems']>;

/** Stands between the editor and the server's `textDocument/inlineCompletion`. */
export class GhostText {
  private refreshing = false;

  constructor(
    private readonly switches: Switches,
    private readonly alive: () => boolean,
  ) {}

  /** Middleware. What is drawn, taken or dropped is not told to extensions; the server sees it from the edits. */
  readonly provide: Provide = (document, position, context, token, next) => {
    const asked = this.asMeant(context);
    const byHand = asked.triggerKind === InlineCompletionTriggerKind.Invoke;
    const wanted = this.alive() && this.switches.suggestsIn(document, byHand);
    return wanted ? next(document, position, asked, token) : undefined;
  };

  /** The server knows more about a place: ask again if the cursor is still there. */
  async refresh(told: Refresh): Promise<void> {
    const document = window.activeTextEditor?.document;
    if (!document || !suggestsByItself(document) || !this.switches.suggestsIn(document) || !isAt(told)) {
      return;
    }
    this.refreshing = true;
    try {
      await commands.executeCommand('editor.action.inlineSuggest.trigger');
    } finally {
      this.refreshing = false;
    }
  }

  // To the editor its command is the user's own wish, for which the server would take its time.
  private asMeant(context: InlineCompletionContext): InlineCompletionContext {
    return this.refreshing ? { ...context, triggerKind: InlineCompletionTriggerKind.Automatic } : context;
  }
}

// The editor's own switch, by which it never asks unless by hand.
function suggestsByItself(document: TextDocument): boolean {
  return workspace.getConfiguration('editor', document).get<boolean>('inlineSuggest.enabled', true);
}

function isAt(told: Refresh): boolean {
  const editor = window.activeTextEditor;
  const uri = Uri.parse(told.uri).toString();
  if (!editor || editor.document.uri.toString() !== uri || editor.document.version !== told.version) {
    return false;
  }
  const { active, isEmpty } = editor.selection;
  return isEmpty && active.line === told.position.line && active.character === told.position.character;
}
