// node --import of this file: a machine whose clock is wrong by CLOCK_SKEW_MS.

const skewMs = Number(process.env.CLOCK_SKEW_MS)
const RightDate = Date

// As code asks for it: Date.now(), and new Date() without arguments.
globalThis.Date = new Proxy(RightDate, {
  construct: (date, args) => Reflect.construct(date, args.length === 0 ? [RightDate.now() + skewMs] : args),
  get: (date, name) => (name === 'now' ? () => date.now() + skewMs : Reflect.get(date, name)),
})
