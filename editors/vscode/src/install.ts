// Without a language server: offer to install it, in a terminal that the user sees, and never by itself.

import { setTimeout as wait } from 'node:timers/promises';
import { ConfigurationTarget, type Terminal, window, workspace } from 'vscode';
import { serverCommand } from './discovery';

const UV = 'Install with uv';
const PIPX = 'Install with pipx';
const CHOOSE = 'Choose…';

// With the extra there is a llama.cpp to run a model on this machine.
const COMMANDS = {
  [UV]: 'uv tool install "nearline[embedded]"',
  [PIPX]: 'pipx install "nearline[embedded]"',
};

const LOOK_EVERY_MS = 2000;

/** Offer it; true when there is a server now. */
export async function offerInstallation(): Promise<boolean> {
  const text = 'Nearline needs its language server, which was not found on this machine.';
  const chosen = await window.showInformationMessage(text, UV, PIPX, CHOOSE);
  if (chosen === CHOOSE) {
    return choose();
  }
  return chosen === UV || chosen === PIPX ? install(COMMANDS[chosen]) : false;
}

async function install(command: string): Promise<boolean> {
  const terminal = window.createTerminal({ name: "Nearline" });
  terminal.show();
  terminal.sendText(command);
  return foundWhileOpen(terminal);
}

// The terminal is the user's: what they do in it may take its time, and it may end otherwise.
async function foundWhileOpen(terminal: Terminal): Promise<boolean> {
  while (terminal.exitStatus === undefined) {
    if (await serverCommand()) {
      return true;
    }
    await wait(LOOK_EVERY_MS);
  }
  return (await serverCommand()) !== undefined;
}

async function choose(): Promise<boolean> {
  const [file] = (await window.showOpenDialog({ title: 'The nearline executable', openLabel: 'Use this' })) ?? [];
  if (!file) {
    return false;
  }
  const settings = workspace.getConfiguration('nearline');
  await settings.update('server.command', [file.fsPath, 'lsp'], ConfigurationTarget.Global);
  return true;
}
