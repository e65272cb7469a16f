// What an action is about: the selection or the cursor of the active editor.

import { type Diagnostic as EditorDiagnostic, languages, type Range as EditorRange, type TextEditor } from 'vscode';
import type { Asked, Diagnostic, Range } from './protocol';

/** Document, version and selection; for fixing also the problems there, of which any tool may have told. */
export function askedHere({ document, selection }: TextEditor, withProblems: boolean): Asked {
  const place = { uri: document.uri.toString(), version: document.version, range: plain(selection) };
  return withProblems ? { ...place, diagnostics: problems(languages.getDiagnostics(document.uri), selection) } : place;
}

// Those of the selection; without one those of the cursor's line, else all.
function problems(all: readonly EditorDiagnostic[], selection: EditorRange): Diagnostic[] {
  const first = selection.start.line;
  const near = all.filter(({ range }) => range.start.line <= selection.end.line && range.end.line >= first);
  return (near.length || !selection.isEmpty ? near : all).map(({ range, message, source, code }) => ({
    range: plain(range),
    message,
    source: source ?? null,
    code: (typeof code === 'object' ? code.value : code) ?? null,
  }));
}

function plain({ start, end }: EditorRange): Range {
  return {
    start: { line: start.line, character: start.character },
    end: { line: end.line, character: end.character },
  };
}
