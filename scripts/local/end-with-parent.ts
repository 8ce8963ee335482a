// Preloaded into the wrangler that we start (`node --import`): when its parent is gone, however it went, it ends its whole
// process group, workerd included. npm does not forward a signal through its shell, and nobody can catch SIGKILL.

const parent = process.ppid;

setInterval(() => {
  if (process.ppid === parent) return;
  try {
    process.kill(0, "SIGKILL");
  } catch {
    process.exit(1);
  }
}, 300).unref();

export {};
