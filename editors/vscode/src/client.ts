// The language client: one server for the window, started, watched and started again.

import { setTimeout as wait } from 'node:timers/promises';
import { type Disposable, EventEmitter, type LogOutputChannel } from 'vscode';
import {
  CancellationToken, CloseAction, type CloseHandlerResult, ErrorAction, type GenericNotificationHandler,
  type Middleware, RevealOutputChannelOn, State,
} from 'vscode-languageclient';
import type { Command } from './discovery';
import { NearlineClient } from './nearlineClient';
import { Restarts } from './restarts';

const LEFT: CloseHandlerResult = { action: CloseAction.DoNotRestart, handled: true };
const AGAIN: CloseHandlerResult = { action: CloseAction.Restart, handled: true };
const DOCUMENTS = [{ scheme: 'file' }, { scheme: 'untitled' }];

export type Life = 'starting' | 'running' | 'stopped' | 'failed';

// A client is also stopped for a moment before it starts a server again.
const LIVES: Partial<Record<State, Life>> = {
  [State.Starting]: 'starting',
  [State.Running]: 'running',
  [State.StartFailed]: 'failed',
};

/** One language server at a time, over its crashes. */
export class Client implements Disposable {
  private client: NearlineClient | undefined;
  private readonly lives = new EventEmitter<Life>();
  private readonly restarts = new Restarts();
  private current: Life = 'starting';
  private crashed = false;

  readonly onLife = this.lives.event;

  constructor(
    private readonly log: LogOutputChannel,
    private readonly middleware: Middleware,
    private readonly handlers: Record<string, GenericNotificationHandler>,
  ) {}

  get life(): Life {
    return this.current;
  }

  get alive(): boolean {
    return this.current === 'running';
  }

  /** Start this command, in place of what runs. */
  async start(command: Command): Promise<void> {
    await this.end('starting');
    this.crashed = false;
    this.restarts.forget();
    const client: NearlineClient = new NearlineClient(command, this.options(() => client === this.client));
    this.client = client;
    client.onDidChangeState(({ newState }) => this.changed(client, newState));
    for (const [method, handler] of Object.entries(this.handlers)) {
      client.onNotification(method, handler);
    }
    // What fails here shows in the state, and may still come up: a crash while it starts is a crash.
    await client.start().catch(() => undefined);
  }

  async stop(): Promise<void> {
    await this.end('stopped');
  }

  async execute<R>(command: string, argument?: unknown, token = CancellationToken.None): Promise<R> {
    const params = { command, ...(argument === undefined ? {} : { arguments: [argument].flat() }) };
    return this.running().sendRequest<R>('workspace/executeCommand', params, token);
  }

  /** A notification that a server may ignore; without a server it is nobody's. */
  notify(method: string, params: unknown): void {
    if (this.alive) {
      // What cannot be sent any more, a server that comes up again does not miss.
      this.running().sendNotification(method, params).catch(() => undefined);
    }
  }

  dispose(): void {
    this.lives.dispose();
  }

  private async end(life: Life): Promise<void> {
    const client = this.client;
    this.client = undefined;
    this.turn(life);
    // One that is starting, or has crashed, cannot be stopped in order; its process is ended all the same.
    await client?.dispose().catch(() => undefined);
  }

  private running(): NearlineClient {
    if (!this.client || !this.alive) {
      throw new Error('The language server is not running.');
    }
    return this.client;
  }

  private options(isCurrent: () => boolean) {
    return {
      documentSelector: DOCUMENTS,
      outputChannel: this.log,
      revealOutputChannelOn: RevealOutputChannelOn.Never,
      middleware: this.middleware,
      initializationFailedHandler: () => false,
      errorHandler: {
        error: () => ({ action: ErrorAction.Continue, handled: true }),
        closed: () => this.closed(isCurrent),
      },
    };
  }

  private async closed(isCurrent: () => boolean): Promise<CloseHandlerResult> {
    if (!isCurrent()) {
      return LEFT;
    }
    this.crashed = true;
    const delay = this.restarts.next(Date.now());
    this.turn(delay === undefined ? 'failed' : 'starting');
    if (delay === undefined) {
      return LEFT;
    }
    await wait(delay);
    if (!isCurrent()) {
      return LEFT;
    }
    this.crashed = false;
    return AGAIN;
  }

  private changed(client: NearlineClient, state: State): void {
    const life = LIVES[state];
    // A start that fails by a crash is the crash's to report.
    if (client === this.client && life && !(this.crashed && life === 'failed')) {
      this.turn(life);
    }
  }

  private turn(life: Life): void {
    if (life !== this.current) {
      this.current = life;
      this.lives.fire(life);
    }
  }
}
