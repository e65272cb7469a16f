// Which endpoint is to answer actions, as long as this window lives.

import { type QuickPickItem, window } from 'vscode';
import type { Endpoint } from './protocol';

interface Choice extends QuickPickItem {
  id: string | undefined;
}

export class Pin {
  private id: string | undefined;

  get endpoint(): string | undefined {
    return this.id;
  }

  /** Ask the user. */
  async choose(endpoints: Endpoint[]): Promise<void> {
    const anyone: Choice = { label: 'Automatic', description: 'the router chooses each time', id: undefined };
    const choices = [anyone, ...endpoints.map(choice)].map((one) => ({ ...one, picked: one.id === this.id }));
    const chosen = await window.showQuickPick(choices, { title: 'Nearline: who is to answer actions in this window' });
    if (chosen) {
      this.id = chosen.id;
    }
  }
}

function choice({ id, model, local, trouble }: Endpoint): Choice {
  const where = local === undefined ? '' : local ? 'near' : 'cloud';
  const description = [model, where].filter(Boolean).join(', ');
  return { label: id, id, description, ...(trouble ? { detail: trouble } : {}) };
}
