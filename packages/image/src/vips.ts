import sharp from 'sharp'

// One picture at a time in a small child process: a cache of decoded operations only costs memory there, and threads
// would take the cores from the networks beside it.
sharp.cache(false)
sharp.concurrency(1)

export { sharp }
