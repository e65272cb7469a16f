// From a command of the user's to a run: what it is about, their own words, and where its answer goes.

import { Uri, window } from 'vscode';
import { type Action, ACTIONS, ownAction } from './actionTable';
import type { AnswerPanel } from './answerPanel';
import { askedHere } from './asked';
import { lastEditor } from './insertCode';
import type { Asked } from './protocol';
import type { Runs } from './runs';

export class Actions {
  /** `pin` says which endpoint is to answer, if the user has chosen one. */
  constructor(
    private readonly runs: Runs,
    private readonly panel: AnswerPanel,
    private readonly pin: () => string | undefined,
  ) {}

  /** Run a command with what came along: an item of the code-action menu, a key binding's own, or nothing. */
  async run(command: string, sent: unknown): Promise<void> {
    const given = isAsked(sent) ? sent : {};
    const action = ACTIONS[command] ?? ownAction(given.action ?? '');
    const place = given.uri || command === 'nearline.followUp' ? {} : this.place(command, action);
    const instruction = place && (await wordsFor(action, given.instruction));
    if (instruction !== undefined) {
      await this.start(command, action, { ...place, ...given, instruction, ...this.pinned() });
    }
  }

  /** The same for a diff; the message, "" without one. */
  async commitMessage(diff: string): Promise<string> {
    const command = 'nearline.commitMessage';
    const outcome = await this.runs.change(command, ACTIONS[command]!, { diff, ...this.pinned() });
    return outcome?.text.trim() ?? '';
  }

  private async start(command: string, action: Action, asked: Asked): Promise<void> {
    const heading = asked.instruction ? `${action.title}: ${asked.instruction}` : action.title;
    if (action.reads) {
      await this.runs.read(command, action, asked, heading, command === 'nearline.followUp');
      return;
    }
    const outcome = await this.runs.change(command, action, asked);
    if (outcome && !outcome.applied && outcome.text) {
      // What cannot be applied, or is a text after all, is there to read.
      this.panel.begin(heading, {}).end(outcome);
    } else if (outcome?.applied && outcome.note) {
      void window.showInformationMessage(`Nearline, ${action.title}: ${outcome.note}`);
    }
  }

  private place(command: string, action: Action): Asked | undefined {
    const editor = lastEditor();
    if (!editor && !action.anywhere) {
      void window.showInformationMessage(`Nearline, ${action.title}: open a file first.`);
      return undefined;
    }
    return editor ? askedHere(editor, command === 'nearline.fix') : {};
  }

  private pinned(): Pick<Asked, 'pin'> {
    const pin = this.pin();
    return pin ? { pin } : {};
  }
}

// Menus of the editor send the file's URI along.
function isAsked(sent: unknown): sent is Asked {
  return typeof sent === 'object' && sent !== null && !(sent instanceof Uri);
}

async function wordsFor({ title, asks }: Action, given: string | undefined): Promise<string | undefined> {
  if (!asks || given) {
    return given ?? '';
  }
  const words = await window.showInputBox({ title: `Nearline: ${title}`, prompt: asks.prompt });
  return words?.trim() || (asks.optional && words !== undefined ? '' : undefined);
}
