// The verifier of the Perceptron Challenge: reads and counts a solution with the kernel that Python uses; learnscape/challenge/verifier.py
// defines the JSON. An answer is the instance's name, a blank and the solution.

const fill = (text, values) => text.replace(/\{(\w+)\}/g, (_, name) => values[name]);

export const split = (answer) => {
  const [name] = answer.split(" ", 1);
  return [name, answer.slice(name.length + 1).replace(/^[\t-\r \u00a0\ufeff]+|[\t-\r \u00a0\ufeff]+$/g, "")]; // what solutions.py leaves out
};

/* `compute(values, actions, seed)` runs the kernel. Returns submit(answer), a promise of a verdict. */
export const recounter = (spec, compute) => async (answer) => {
  const [name, text] = split(answer);
  const instance = spec.groups.flatMap(({ instances }) => instances).find((one) => one.name === name);
  const letters = [...text];
  const codes = letters.slice(0, spec.kernel.longest).map((letter) => letter.codePointAt(0));
  const outputs = await compute([...instance.request, letters.length, ...codes], [0], 0);
  const found = Object.fromEntries(spec.kernel.results.map((result, k) => [result, outputs[k]]));
  const stability = (field) => (field / Math.sqrt(instance.n)).toFixed(3);
  const values = {
    ...instance, ...found, letter: letters[found.where - 1], length: letters.length,
    satisfied: instance.p - found.violated, lowest: stability(found.smallest), highest: stability(found.largest),
  };
  const fault = spec.texts.faults[found.status];
  if (fault !== undefined) return { status: letters.length ? "wrong" : "missing", text: fill(fault, values) };
  const status = found.violated ? "wrong" : "correct";
  return { status, text: `${fill(spec.texts[status], values)} ${instance[status]}`.trim() };
};
