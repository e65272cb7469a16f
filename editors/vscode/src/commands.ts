// Every command of the extension, by the name that package.json and users' key bindings know.

import { commands, type Disposable, type Uri, window } from 'vscode';
import { ACTIONS } from './actionTable';
import { openDashboard, showDoctor, showReport } from './commandLine';
import { writeCommitMessage } from './commitMessage';
import { offerInstallation } from './install';
import { showMenu } from './menu';
import type { Nearline } from './nearline';
import type { Endpoint, Status } from './protocol';

interface Why {
  text: string;
  decision?: { candidates: { endpoint: string; model: string | null }[] };
}

type Run = (...sent: unknown[]) => unknown;

/** Register them; what fails is one sentence to the user. */
export function registerCommands(nearline: Nearline): Disposable[] {
  const all: Record<string, Run> = { ...actions(nearline), ...ofServer(nearline), ...ofClient(nearline) };
  return Object.entries(all).map(([name, run]) => commands.registerCommand(name, async (...sent: unknown[]) => {
    try {
      return await run(...sent);
    } catch (error) {
      void window.showErrorMessage(`Nearline: ${error instanceof Error ? error.message : String(error)}`);
      return undefined;
    }
  }));
}

function actions(nearline: Nearline): Record<string, Run> {
  const names = [...Object.keys(ACTIONS), 'nearline.runAction'];
  const all = Object.fromEntries(names.map((name) => [name, (sent: unknown) =>
    whenAlive(nearline, () => nearline.actions.run(name, sent))]));
  const root = (sent: unknown) => (sent as { rootUri?: Uri } | undefined)?.rootUri;
  all['nearline.commitMessage'] = (sent) => whenAlive(nearline, () =>
    writeCommitMessage(root(sent), (diff) => nearline.actions.commitMessage(diff)));
  return all;
}

// What the editor runs by itself, or the server does alone.
function ofServer(nearline: Nearline): Record<string, Run> {
  return {
    'nearline.accept': (...sent) => nearline.client.alive && nearline.client.execute('nearline.accept', sent),
    'nearline.pullModel': () => whenAlive(nearline, () => nearline.client.execute('nearline.pullModel')),
    'nearline.why': () => whenAlive(nearline, async () => {
      const { text } = await nearline.client.execute<Why>('nearline.whyHere');
      nearline.panel.begin('Why here?', {}).end({ text });
    }),
    'nearline.pin': () => whenAlive(nearline, async () => {
      await nearline.pin.choose(await endpoints(nearline));
      nearline.draw();
    }),
  };
}

function ofClient(nearline: Nearline): Record<string, Run> {
  const { switches } = nearline;
  return {
    'nearline.menu': () => showMenu(nearline.standing),
    'nearline.pause': () => pause(nearline),
    'nearline.resume': () => switches.resume(),
    'nearline.toggleLanguage': () => switches.toggleLanguage(),
    'nearline.toggleWorkspace': () => switches.toggleWorkspace(),
    'nearline.report': () => showReport(),
    'nearline.dashboard': () => openDashboard(),
    'nearline.doctor': () => showDoctor(nearline.panel),
    'nearline.showLogs': () => nearline.log.show(),
    'nearline.restart': () => nearline.start(),
    'nearline.install': () => install(nearline),
  };
}

/** Offer a server where there is none, and start it. */
export async function install(nearline: Nearline): Promise<void> {
  if (await offerInstallation()) {
    await nearline.start();
  }
}

async function whenAlive(nearline: Nearline, work: () => unknown): Promise<unknown> {
  if (nearline.client.alive) {
    return work();
  }
  const { life } = nearline.standing;
  if (life === 'missing') {
    return install(nearline);
  }
  if (life === 'starting') {
    return window.showInformationMessage('Nearline is starting; try again in a moment.');
  }
  const restart = 'Restart';
  const chosen = await window.showWarningMessage('Nearline: the language server does not run.', restart, 'Show log');
  return chosen && (chosen === restart ? nearline.start() : nearline.log.show());
}

async function pause(nearline: Nearline): Promise<void> {
  const hour = 'For an hour';
  const chosen = await window.showQuickPick(['Until I resume', hour], { title: 'Nearline: pause suggestions' });
  if (chosen === hour) {
    nearline.switches.pauseForAnHour();
  } else if (chosen) {
    nearline.switches.pauseUntilResumed();
  }
}

// A server that does not name its endpoints still says whom the last decision looked at.
async function endpoints({ client }: Nearline): Promise<Endpoint[]> {
  const status = await client.execute<Status>('nearline.status');
  if (status.endpoints) {
    return status.endpoints;
  }
  const why = await client.execute<Why>('nearline.whyHere');
  return why.decision?.candidates.map(({ endpoint, model }) => ({ id: endpoint, model })) ?? [];
}
