import { randomBytes } from 'node:crypto';
import { Uri, type Webview } from 'vscode';

/** The panel's page: nothing but its own style and its one script is loaded or run, whatever an answer says. */
export function pageOf(webview: Webview, media: Uri): string {
  const nonce = randomBytes(16).toString('base64');
  const of = (file: string) => webview.asWebviewUri(Uri.joinPath(media, file)).toString();
  const policy = `default-src 'none'; style-src ${webview.cspSource}; script-src 'nonce-${nonce}'`;
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="stylesheet" href="${of('answer.css')}">
<title>Nearline</title>
</head>
<body>
<main id="answers" aria-live="polite"></main>
<form id="further">
<textarea id="question" rows="2" placeholder="Ask further" aria-label="Ask further"></textarea>
<button type="submit">Ask</button>
<button type="button" id="stop" hidden>Stop</button>
</form>
<script nonce="${nonce}" src="${of('answer.js')}"></script>
</body>
</html>`;
}
