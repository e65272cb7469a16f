// The parts of the extension put together: one of these for a window.

import { type CancellationToken, type ExtensionContext, type LogOutputChannel, window, workspace } from 'vscode';
import { Actions } from './actions';
import { AnswerPanel } from './answerPanel';
import { Client, type Life } from './client';
import { onSettingsChange, sendSettings } from './completionSettings';
import { serverCommand } from './discovery';
import { Downloads } from './downloads';
import { Focus } from './focus';
import { GhostText } from './ghostText';
import { Pin } from './pin';
import { Previews } from './preview';
import type { Outcome, Status } from './protocol';
import { Runs } from './runs';
import { StatusBar } from './statusBar';
import type { Standing } from './statusLook';
import { Switches } from './switches';

export class Nearline {
  readonly switches = new Switches();
  readonly pin = new Pin();
  readonly panel: AnswerPanel;
  readonly actions: Actions;
  readonly client: Client;
  private readonly bar = new StatusBar();
  private readonly focus: Focus;
  private status: Status | undefined;
  private missing = false;

  constructor(context: ExtensionContext, readonly log: LogOutputChannel) {
    const notify = (method: string, params: unknown) => this.client.notify(method, params);
    const previews = new Previews();
    const downloads = new Downloads((token) => notify('window/workDoneProgress/cancel', { token }));
    const ghostText = new GhostText(this.switches, () => this.client.alive);
    const followUp = (instruction: string) => void this.actions.run('nearline.followUp', { instruction });
    this.panel = new AnswerPanel(context, followUp);
    const execute = (...asked: [string, unknown, CancellationToken]) => this.client.execute<Outcome>(...asked);
    const runs = new Runs(execute, this.panel, previews);
    this.actions = new Actions(runs, this.panel, () => this.pin.endpoint);
    this.focus = new Focus(({ document }) => this.switches.suggestsIn(document), notify);
    const middleware = {
      provideInlineCompletionItems: ghostText.provide,
      handleWorkDoneProgress: downloads.handle,
      workspace: { handleApplyEdit: runs.handleEdit },
    };
    this.client = new Client(log, middleware, {
      'nearline/status': (status: Status) => this.show(status),
      'nearline/action/progress': runs.progress,
      'nearline/inlineCompletion/refresh': ghostText.refresh.bind(ghostText),
    });
    context.subscriptions.push(
      this.client, this.switches, this.bar, this.panel, this.focus, previews,
      this.client.onLife((life) => this.turned(life, downloads)),
      onSettingsChange(() => this.sendSettings()),
      this.switches.onChange(() => this.draw()),
      window.onDidChangeActiveTextEditor(() => this.draw()),
      workspace.onDidChangeConfiguration((event) => {
        if (event.affectsConfiguration('nearline.server') || event.affectsConfiguration('nearline.config')) {
          void this.start();
        }
      }),
    );
  }

  /** How things are, for the status bar and the menu. */
  get standing(): Standing {
    const language = window.activeTextEditor?.document.languageId ?? '';
    return {
      life: this.missing ? 'missing' : this.client.life,
      enabled: this.switches.enabled,
      language,
      languageOff: this.switches.disabledLanguages.includes(language),
      paused: this.switches.paused,
      pin: this.pin.endpoint,
      status: this.status,
    };
  }

  /** Start the server, in place of one that runs; whether there is one. */
  async start(): Promise<boolean> {
    const command = await serverCommand();
    this.missing = command === undefined;
    this.draw();
    await (command ? this.client.start(command) : this.client.stop());
    return !this.missing;
  }

  draw(): void {
    this.bar.show(this.standing);
  }

  private show(status: Status): void {
    this.status = status;
    this.draw();
  }

  private turned(life: Life, downloads: Downloads): void {
    this.status = undefined;
    if (life === 'running') {
      this.sendSettings();
      this.focus.tellActive();
    } else {
      downloads.end();
    }
    this.draw();
  }

  private sendSettings(): void {
    sendSettings((method, params) => this.client.notify(method, params));
  }
}
