// Actions that are going on: asked of the server, shown while they come, stopped by the user.

import { randomUUID } from 'node:crypto';
import { type CancellationToken, CancellationTokenSource, ProgressLocation, window } from 'vscode';
import { type ApplyWorkspaceEditParams, CancellationToken as Cancelled, type Middleware } from 'vscode-languageclient';
import type { Action } from './actionTable';
import type { AnswerPanel } from './answerPanel';
import { isNewFile, type Previews } from './preview';
import type { Asked, Outcome, Progress } from './protocol';

type Execute = (command: string, asked: Asked, token: CancellationToken) => Promise<Outcome>;
type HandleEdit = NonNullable<NonNullable<Middleware['workspace']>['handleApplyEdit']>;

/** One action under way. `looked` is called when the user has its edit before them. */
class Run {
  readonly source = new CancellationTokenSource();
  agreed = false;
  piece: (text: string) => void = () => undefined;
  looked: () => void = () => undefined;

  constructor(readonly action: Action) {}

  get stopped(): boolean {
    return this.source.token.isCancellationRequested;
  }
}

export class Runs {
  private readonly running = new Map<string, Run>();

  constructor(
    private readonly execute: Execute,
    private readonly panel: AnswerPanel,
    private readonly previews: Previews,
  ) {}

  /** `nearline/action/progress`. */
  readonly progress = ({ id, text }: Progress): void => {
    this.running.get(id)?.piece(text);
  };

  /** An answer that is read: it comes in the panel, under a heading. */
  async read(command: string, action: Action, asked: Asked, heading: string, goesOn: boolean): Promise<void> {
    const run = new Run(action);
    const entry = this.panel.begin(heading, { goesOn, stop: () => run.source.cancel() });
    run.piece = (text) => entry.append(text);
    try {
      entry.end(await this.ask(command, asked, run));
    } catch (error) {
      entry.end({ note: run.stopped ? 'stopped' : messageOf(error) });
    }
  }

  /** An answer that changes files, or is for the caller; undefined when it was stopped or failed. */
  async change(command: string, action: Action, asked: Asked): Promise<Outcome | undefined> {
    const run = new Run(action);
    const work = this.ask(command, asked, run);
    showBar(run, work);
    try {
      return await work;
    } catch (error) {
      if (!run.stopped) {
        void window.showErrorMessage(`Nearline, ${action.title}: ${messageOf(error)}`);
      }
      return undefined;
    }
  }

  /** `workspace/applyEdit`: shown to the user first, unless they want it at once or have agreed already. */
  readonly handleEdit: HandleEdit = async (params, next) => {
    const run = this.runOf(params);
    if (run && !run.stopped && !run.agreed && this.previews.wanted) {
      run.looked();
      run.agreed = await this.previews.show(params.edit, run.action.title, run.source.token);
      if (!run.agreed) {
        // An edit that is merely refused would be a trouble for the server to report.
        run.source.cancel();
      }
    }
    if (run?.stopped) {
      return { applied: false };
    }
    const result = await next(params, Cancelled.None);
    if ('applied' in result && result.applied && (run?.agreed || isNewFile(params.edit))) {
      await this.previews.reveal(params.edit);
    }
    return result;
  };

  private async ask(command: string, asked: Asked, run: Run): Promise<Outcome> {
    const id = randomUUID();
    this.running.set(id, run);
    try {
      return await this.execute(command, { ...asked, id }, run.source.token);
    } finally {
      this.running.delete(id);
    }
  }

  // The server names the action in the edit's label; it does not name the run.
  private runOf({ label }: ApplyWorkspaceEditParams): Run | undefined {
    const runs = [...this.running.values()].filter(({ action }) => !action.reads);
    return runs.find(({ action }) => label?.startsWith(action.title)) ?? runs.at(-1);
  }
}

function showBar(run: Run, work: Promise<unknown>): void {
  const bar = { location: ProgressLocation.Notification, cancellable: true, title: `Nearline: ${run.action.title}` };
  void window.withProgress(bar, (progress, stopped) => {
    stopped.onCancellationRequested(() => run.source.cancel());
    let characters = 0;
    run.piece = (text) => {
      characters += text.length;
      progress.report({ message: characters ? `${characters} characters` : '' });
    };
    return new Promise<void>((resolve) => {
      run.looked = resolve;
      work.then(() => resolve(), () => resolve());
    });
  });
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
