// Is there still a Python that answers? A restarted kernel knows nothing of the widgets on the page, and nobody tells them.
const PATIENCE = 5; // seconds

export const GONE = "The kernel was restarted or has ended, and Python no longer answers here. Run this cell again.";
export const SILENT = `Python has not answered for ${PATIENCE} seconds. It is busy with another cell, or the kernel was restarted: then run this cell again.`;

/* Calls `gone()` when the notebook says that the connection is cut. `expect(slow)` returns a function to call on the answer; without it
   `slow()` is called after the stated time. `send(change)` sets and sends, and reports a connection that is no more. */
export function watchKernel(model, gone) {
  const lost = () => { watch.lost = true; gone(); };
  const watch = {
    lost: false,
    send(values) {
      try {
        for (const [name, value] of Object.entries(values)) model.set(name, value);
        model.save_changes();
      } catch {
        lost(); // the kernel was shut down
      }
    },
    expect(slow) {
      const timer = setTimeout(slow, 1000 * PATIENCE);
      return () => clearTimeout(timer);
    },
    stop: () => model.off("comm_live_update", lost),
  };
  model.on("comm_live_update", lost); // ipywidgets marks every model when the kernel restarts
  return watch;
}
