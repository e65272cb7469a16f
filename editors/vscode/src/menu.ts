// What a click on the status-bar item offers.

import { commands, QuickPickItemKind, type QuickPickItem, window } from 'vscode';
import { ACTIONS } from './actionTable';
import { look, type Standing } from './statusLook';

interface Item extends QuickPickItem {
  command?: string;
}

/** Show it, and do what is chosen. */
export async function showMenu(standing: Standing): Promise<void> {
  const title = `Nearline: ${look(standing).sentence}`;
  const chosen = await window.showQuickPick(items(standing), { title, matchOnDescription: true });
  // Else the next key goes to the status bar, whose tooltip covers the panel.
  await commands.executeCommand('workbench.action.focusActiveEditorGroup');
  if (chosen?.command) {
    await commands.executeCommand(chosen.command);
  }
}

function items(standing: Standing): Item[] {
  return standing.life === 'running'
    ? [...switches(standing), line('Actions'), ...actions(), line('About'), ...reports()]
    : [repair(standing), line('About'), item('output', 'Show log', 'nearline.showLogs')];
}

function repair({ life }: Standing): Item {
  return life === 'missing'
    ? item('cloud-download', 'Install the language server…', 'nearline.install')
    : item('debug-restart', 'Start the language server again', 'nearline.restart');
}

function switches({ enabled, language, languageOff, paused, pin, status }: Standing): Item[] {
  const all: (Item | false)[] = [
    status?.state === 'no-model' && item('cloud-download', 'Download the model…', 'nearline.pullModel'),
    paused
      ? item('debug-continue', 'Resume suggestions', 'nearline.resume')
      : item('debug-pause', 'Pause suggestions…', 'nearline.pause'),
    language !== '' && item('code', `${verb(!languageOff)} in ${language}`, 'nearline.toggleLanguage'),
    item('folder', `${verb(enabled)} in this workspace`, 'nearline.toggleWorkspace'),
    { ...item('pinned', 'Pin an endpoint for actions…', 'nearline.pin'), description: pin ?? 'automatic' },
  ];
  return all.filter((one) => one !== false);
}

function verb(suggests: boolean): string {
  return suggests ? 'Do not suggest' : 'Suggest';
}

function actions(): Item[] {
  return Object.entries(ACTIONS)
    .filter(([command]) => command !== 'nearline.followUp')
    .map(([command, { icon, title, asks }]) => item(icon, asks ? `${title}…` : title, command));
}

function reports(): Item[] {
  return [
    item('compass', 'Why here?', 'nearline.why'),
    item('graph', 'Report', 'nearline.report'),
    item('dashboard', 'Dashboard', 'nearline.dashboard'),
    item('pulse', 'Doctor', 'nearline.doctor'),
    item('output', 'Show log', 'nearline.showLogs'),
    item('debug-restart', 'Restart the language server', 'nearline.restart'),
  ];
}

function item(icon: string, text: string, command: string): Item {
  return { label: `$(${icon}) ${text}`, command };
}

function line(label: string): Item {
  return { label, kind: QuickPickItemKind.Separator };
}
