// GraphiQL over the endpoint that this page was loaded from. Subscriptions come as server-sent events: unlike a
// websocket's, their requests carry the headers that the reader has typed.
"use strict";

const endpoint = location.pathname;
const asked = new URLSearchParams(location.search);
const ask = GraphiQL.createFetcher({ url: endpoint });

// By the text itself: what GraphiQL hands over beside it may be that of a moment ago.
function isSubscription({ query, operationName }) {
  let document;
  try {
    document = GraphiQL.GraphQL.parse(query);
  } catch {
    return false; // the router says what is wrong with it
  }
  return document.definitions.some(
    ({ operation, name }) => operation === "subscription" && (!operationName || name?.value === operationName),
  );
}

function parse(block) {
  const lines = block.split("\n").filter((line) => !line.startsWith(":"));
  const value = (name) => lines.find((line) => line.startsWith(`${name}: `))?.slice(name.length + 2);
  return { event: value("event"), data: value("data") };
}

async function* events(request, headers, signal) {
  const response = await fetch(endpoint, {
    method: "POST",
    headers: { ...headers, "content-type": "application/json", accept: "text/event-stream" },
    body: JSON.stringify(request),
    signal,
  });
  if (!response.headers.get("content-type").startsWith("text/event-stream")) {
    yield await response.json();
    return;
  }
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let held = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    const blocks = (held + value).split("\n\n");
    held = blocks.pop();
    for (const { event, data } of blocks.map(parse)) {
      if (event === "next") yield JSON.parse(data);
    }
  }
}

function subscribe(request, headers) {
  const abort = new AbortController();
  const source = events(request, headers, abort.signal);
  const over = { value: undefined, done: true };
  return {
    [Symbol.asyncIterator]() {
      return this;
    },
    async next() {
      try {
        return await source.next();
      } catch (error) {
        if (abort.signal.aborted) return over;
        throw error;
      }
    },
    // Not the generator's own: that would wait for an event first.
    async return() {
      abort.abort();
      return over;
    },
  };
}

function fetcher(request, options) {
  return isSubscription(request) ? subscribe(request, options?.headers) : ask(request, options);
}

ReactDOM.createRoot(document.getElementById("graphiql")).render(
  React.createElement(GraphiQL, {
    fetcher,
    query: asked.get("query") ?? undefined,
    variables: asked.get("variables") ?? undefined,
    operationName: asked.get("operationName") ?? undefined,
    shouldPersistHeaders: false,
  }),
);
