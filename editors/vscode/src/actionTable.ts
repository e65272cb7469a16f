// The server's actions as the user meets them here.

export interface Action {
  title: string;
  icon: string;
  /** Its answer is text, which the panel shows as it comes; the others change files. */
  reads?: true;
  /** The user is asked for words: they may be left out where `optional`. */
  asks?: { prompt: string; optional?: true };
  /** It is not about a document. */
  anywhere?: true;
}

/** By the server's command. */
export const ACTIONS: Readonly<Record<string, Action>> = {
  'nearline.explain': { title: 'Explain', icon: 'book', reads: true },
  'nearline.refactor': {
    title: 'Refactor', icon: 'edit', asks: { prompt: 'What should be different? It may be empty', optional: true },
  },
  'nearline.fix': { title: 'Fix problems', icon: 'lightbulb' },
  'nearline.tests': { title: 'Write tests', icon: 'beaker' },
  'nearline.document': { title: 'Document', icon: 'comment' },
  'nearline.completeBody': { title: 'Complete this body', icon: 'symbol-method' },
  'nearline.review': { title: 'Review', icon: 'checklist', reads: true },
  'nearline.ask': {
    title: 'Ask', icon: 'question', reads: true, asks: { prompt: 'What do you want to know?' }, anywhere: true,
  },
  'nearline.followUp': {
    title: 'Follow up', icon: 'reply', reads: true, asks: { prompt: 'What else do you want to know?' }, anywhere: true,
  },
  'nearline.commitMessage': { title: 'Write commit message', icon: 'git-commit', anywhere: true },
};

/** An action of the user's own, by its id in nearline.yaml. */
export function ownAction(id: string): Action {
  return { title: id.replaceAll('-', ' '), icon: 'wand' };
}
