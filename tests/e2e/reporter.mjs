// Node's own `spec` report, without the tests that `./dev e2e WORDS` did not ask for.

import { Readable } from "node:stream";
import { spec } from "node:test/reporters";

const NOT_ASKED_FOR = "test name does not match pattern";

export default async function* report(events) {
  async function* wanted() {
    // A test begins before it is known to be skipped.
    let begun = [];
    for await (const event of events) {
      if (event.type === "test:start") {
        begun.push(event);
      } else if (event.data.skip === NOT_ASKED_FOR) {
        begun.pop();
      } else {
        yield* begun;
        begun = [];
        yield event;
      }
    }
  }
  yield* Readable.from(wanted()).pipe(new spec());
}
