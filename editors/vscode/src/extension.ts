import { commands, type ExtensionContext, window } from 'vscode';
import { endDashboard } from './commandLine';
import { install, registerCommands } from './commands';
import { rememberEditor } from './insertCode';
import { Nearline } from './nearline';

let nearline: Nearline | undefined;

export async function activate(context: ExtensionContext): Promise<void> {
  const log = window.createOutputChannel('Nearline', { log: true });
  const own = (nearline = new Nearline(context, log));
  context.subscriptions.push(log, rememberEditor(), ...registerCommands(own), { dispose: endDashboard });
  context.subscriptions.push(own.client.onLife((life) => {
    void commands.executeCommand('setContext', 'nearline.running', life === 'running');
    if (life === 'failed') {
      void complain(own);
    }
  }));
  if (!(await own.start())) {
    // Not waited for: the editor would take the extension for one that does not start.
    void install(own);
  }
}

export async function deactivate(): Promise<void> {
  await nearline?.client.stop();
}

async function complain(own: Nearline): Promise<void> {
  const [restart, log] = ['Restart', 'Show log'];
  const text = 'Nearline: the language server does not run; it ended too often, or did not start.';
  const chosen = await window.showErrorMessage(text, restart, log);
  if (chosen === restart) {
    await own.start();
  } else if (chosen === log) {
    own.log.show();
  }
}
