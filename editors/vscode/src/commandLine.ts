// What the `nearline` command line does for this window: reports, the doctor, the dashboard.

import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { env, ProgressLocation, Uri, ViewColumn, window, workspace } from 'vscode';
import type { AnswerPanel } from './answerPanel';
import { type Command, commandLine } from './discovery';

let dashboard: ChildProcess | undefined;

/** Costs and speeds as a page of its own; no script runs in it. */
export async function showReport(): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'nearline-report-'));
  try {
    const file = join(folder, 'report.html');
    const { failed, output } = await run('Report', 'report', '--format', 'html', '--out', file);
    if (failed) {
      void window.showErrorMessage(`Nearline, Report: ${output.trim()}`);
      return;
    }
    const panel = window.createWebviewPanel('nearline.report', 'Nearline: Report', ViewColumn.Active);
    panel.webview.html = await readFile(file, 'utf8');
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** What is found out about the installation, in the panel. */
export async function showDoctor(panel: AnswerPanel): Promise<void> {
  const { output } = await run('Doctor', 'doctor');
  const fence = '`'.repeat(4);
  panel.begin('Doctor', {}).end({ text: `${fence}text\n${output.trimEnd()}\n${fence}` });
}

/** The live dashboard in the browser; its address, which holds a key, is good for one visit. */
export async function openDashboard(): Promise<void> {
  const [file, ...args] = await found('dashboard');
  endDashboard();
  dashboard = spawn(file, args, { cwd: folder(), stdio: ['ignore', 'pipe', 'pipe'] });
  const told = await addressOf(dashboard);
  if (told.address) {
    await env.openExternal(await env.asExternalUri(Uri.parse(told.address)));
  } else {
    void window.showErrorMessage(`Nearline, Dashboard: ${told.output.trim() || 'it did not start'}`);
  }
}

export function endDashboard(): void {
  dashboard?.kill();
  dashboard = undefined;
}

async function run(title: string, ...subcommand: string[]): Promise<{ failed: boolean; output: string }> {
  const [file, ...args] = await found(...subcommand);
  const bar = { location: ProgressLocation.Notification, cancellable: true, title: `Nearline: ${title}` };
  return window.withProgress(bar, (_, stopped) => new Promise((resolve) => {
    const child = execFile(file, args, { cwd: folder(), env: plain() }, (error, stdout, stderr) =>
      resolve({ failed: error !== null, output: stdout + stderr }));
    stopped.onCancellationRequested(() => child.kill());
  }));
}

function addressOf(child: ChildProcess): Promise<{ address?: string; output: string }> {
  return new Promise((resolve) => {
    let output = '';
    const read = (data: Buffer) => {
      output += data.toString();
      const address = /https?:\/\/\S+/.exec(output)?.[0];
      if (address && /\s/.test(output.slice(output.indexOf(address) + address.length))) {
        resolve({ address, output });
      }
    };
    child.stdout?.on('data', read);
    child.stderr?.on('data', read);
    child.on('error', ({ message }) => resolve({ output: message }));
    child.on('exit', () => resolve({ output }));
  });
}

// Colours and a width are for terminals.
function plain(): NodeJS.ProcessEnv {
  return { ...process.env, NO_COLOR: '1', COLUMNS: '100', PYTHONIOENCODING: 'utf-8' };
}

function folder(): string | undefined {
  return workspace.workspaceFolders?.find(({ uri }) => uri.scheme === 'file')?.uri.fsPath;
}

async function found(...subcommand: string[]): Promise<Command> {
  const command = await commandLine(...subcommand);
  if (!command) {
    throw new Error('the nearline command was not found');
  }
  return command;
}
