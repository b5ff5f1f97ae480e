// A process of its own that holds a data folder's lock until it is killed.
import { lockFolder } from '@fanlight/store'

const [folder, url] = process.argv.slice(2)
const lock = await lockFolder(folder!)
if (url) await lock.announce(url)
process.send?.('locked')
setInterval(() => {}, 1000)
