// What the status bar shows: one word that says who completes, in the order of what matters most to the user.

import type { Life } from './client';
import type { Status } from './protocol';

/** How things are in this window. `missing`: no language server was found; `language` is the active editor's or "". */
export interface Standing {
  life: Life | 'missing';
  enabled: boolean;
  language: string;
  languageOff: boolean;
  paused: boolean;
  pin: string | undefined;
  status: Status | undefined;
}

/** `icon` and `word` are drawn, `sentence` is for the tooltip and for screen readers. */
export interface Look {
  icon: string;
  word: string;
  sentence: string;
  warns?: boolean;
}

const HEATS: Record<string, string> = { hot: 'hot', very_hot: 'very hot', overheated: 'overheated' };

/** The first that holds: the server's trouble, the user's switches, the server's own word. */
export function look(standing: Standing): Look {
  return lookOfServer(standing) ?? lookOfSwitches(standing) ?? lookOfStatus(standing.status);
}

/** How long the last answer took, as it is shown. */
export function latency(status: Status | undefined): string {
  return status?.last_ms == null ? '' : `${Math.round(status.last_ms)} ms`;
}

function lookOfServer({ life }: Standing): Look | undefined {
  if (life === 'missing') {
    return { icon: 'warning', word: 'not installed', sentence: 'The language server is not installed.', warns: true };
  }
  if (life === 'failed' || life === 'stopped') {
    return { icon: 'warning', word: 'stopped', sentence: 'The language server does not run.', warns: true };
  }
  return undefined;
}

function lookOfSwitches({ enabled, languageOff, paused }: Standing): Look | undefined {
  if (!enabled) {
    return { icon: 'circle-slash', word: 'off', sentence: 'Suggestions are switched off.' };
  }
  if (paused) {
    return { icon: 'debug-pause', word: 'paused', sentence: 'Suggestions are paused.' };
  }
  if (languageOff) {
    return { icon: 'circle-slash', word: 'off', sentence: 'Suggestions are switched off for this language.' };
  }
  return undefined;
}

function lookOfStatus(status: Status | undefined): Look {
  if (!status || status.state === 'starting') {
    return { icon: 'sync~spin', word: 'starting', sentence: status?.message || 'Nearline is starting.' };
  }
  if (status.state === 'no-model') {
    return { icon: 'cloud-download', word: 'no model', sentence: status.message, warns: true };
  }
  if (status.blocked) {
    return { icon: 'shield', word: 'blocked', sentence: status.blocked };
  }
  if (status.state === 'unavailable' && !status.endpoint) {
    return { icon: 'circle-slash', word: 'actions only', sentence: `Nearline: ${status.message}. Actions work.` };
  }
  if (status.state === 'unavailable') {
    return { icon: 'debug-disconnect', word: 'offline', sentence: status.message, warns: true };
  }
  return lookOfReady(status);
}

function lookOfReady(status: Status): Look {
  const heat = HEATS[status.heat ?? ''];
  if (heat) {
    return { icon: 'flame', word: 'hot', sentence: `The machine is ${heat}, so less is suggested.` };
  }
  if (status.offline) {
    return { icon: 'debug-disconnect', word: 'offline', sentence: 'Only what is near is asked: offline is set.' };
  }
  return status.where === 'cloud'
    ? { icon: 'cloud', word: 'cloud', sentence: `${status.message}, in the cloud.` }
    : { icon: 'sparkle', word: 'near', sentence: `${status.message}, near you.` };
}
