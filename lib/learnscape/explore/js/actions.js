// What a kernel is asked for; Python says in the description which number stands for which.
export const actionsOf = (spec) => spec.actions ?? { redraw: 0, advance: 1, restart: 2 };
