// What goes over the wire beyond the language server protocol; editors/others.md describes it.

/** `nearline/status`, and the result of the command of that name. Fields that a server does not know are left out. */
export interface Status {
  state: 'starting' | 'ready' | 'no-model' | 'unavailable';
  message: string;
  endpoint: string | null;
  model: string;
  last_ms: number | null;
  /** Who answered last, or is to. */
  where?: 'near' | 'cloud' | null;
  /** Why the last request could not be answered by anyone who may see it; "" if it could. */
  blocked?: string;
  heat?: 'cool' | 'warm' | 'hot' | 'very_hot' | 'overheated';
  /** Only what is near is asked, by the configuration. */
  offline?: boolean;
  endpoints?: Endpoint[];
}

export interface Endpoint {
  id: string;
  model?: string | null;
  local?: boolean;
  /** Why it would not be asked now; "" if it would. */
  trouble?: string;
}

/** `nearline/action/progress`: a piece of an answer, or its end. */
export interface Progress {
  id: string;
  action: string;
  text: string;
  done: boolean;
  endpoint: string;
  model: string;
  note: string;
}

/** What an action's command gives back. */
export interface Outcome {
  text: string;
  endpoint: string;
  model: string;
  applied: boolean;
  note: string;
  cut: boolean;
}

export interface Position {
  line: number;
  character: number;
}

export interface Range {
  start: Position;
  end: Position;
}

export interface Diagnostic {
  range: Range;
  message: string;
  source: string | null;
  code: string | number | null;
}

/** The one object that an action's command takes; every field is optional. */
export interface Asked {
  action?: string;
  uri?: string;
  range?: Range;
  version?: number;
  instruction?: string;
  diagnostics?: Diagnostic[];
  diff?: string;
  pin?: string;
  id?: string;
}

/** `nearline/inlineCompletion/refresh`: a better answer is known for this place. */
export interface Refresh {
  uri: string;
  version: number;
  position: Position;
}
