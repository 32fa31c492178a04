// What runs in the worker; build.mjs puts it into the one bundle as text.
import { answer } from "./answer.js";

self.onmessage = async ({ data: { id, request } }) => {
  try {
    const outputs = await answer(request);
    self.postMessage({ id, outputs }, [outputs.buffer]);
  } catch (failure) {
    self.postMessage({ id, failure: failure.message });
  }
};
