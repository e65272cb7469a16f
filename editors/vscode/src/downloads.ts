// Progress of the server's own: a model that is fetched. Actions have a bar of the extension's.

import { ProgressLocation, window } from 'vscode';
import type { Middleware, ProgressToken, WorkDoneProgressBegin } from 'vscode-languageclient';

type Handle = NonNullable<Middleware['handleWorkDoneProgress']>;
type Params = Parameters<Handle>[1];

/** Shows progress with a percentage as a notification that can be cancelled; `cancel` tells the server. */
export class Downloads {
  private readonly running = new Map<ProgressToken, (params: Params) => void>();

  constructor(private readonly cancel: (token: ProgressToken) => void) {}

  readonly handle: Handle = (token, params, next) => {
    if (params.kind === 'begin') {
      if (params.percentage !== undefined) {
        this.begin(token, params);
      }
      return;
    }
    this.running.get(token)?.(params);
    if (params.kind === 'end') {
      // The client has a part of its own for each token, which ends with it.
      next(token, params);
    }
  };

  /** The server is gone, and reports no more. */
  end(): void {
    for (const report of this.running.values()) {
      report({ kind: 'end' });
    }
  }

  private begin(token: ProgressToken, { title }: WorkDoneProgressBegin): void {
    const options = { location: ProgressLocation.Notification, cancellable: true, title };
    void window.withProgress(options, (progress, cancelled) => {
      cancelled.onCancellationRequested(() => this.cancel(token));
      let before = 0;
      return new Promise<void>((resolve) => {
        this.running.set(token, (params) => {
          if (params.kind === 'end') {
            this.running.delete(token);
            resolve();
          } else if (params.kind === 'report') {
            const now = params.percentage ?? before;
            progress.report({ increment: now - before, ...(params.message ? { message: params.message } : {}) });
            before = now;
          }
        });
      });
    });
  }
}
