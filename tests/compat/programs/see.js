// see.js ROOT: what a Node program can find out about a tree, by callbacks, promises, streams and worker threads.
'use strict'
const { Worker, isMainThread, parentPort, workerData } = require('worker_threads')
const { execFileSync, spawnSync, execFile } = require('child_process')
const { createHash } = require('crypto')
const { pipeline } = require('stream/promises')
const { pathToFileURL } = require('url')
const fs = require('fs')
const os = require('os')
const path = require('path')
const zlib = require('zlib')

const digest = data => createHash('sha256').update(data).digest('hex').slice(0, 16)
const read = file => digest(fs.readFileSync(file))

if (!isMainThread) {
  parentPort.postMessage(workerData.map(file => [file, read(file)]))
  return
}

const root = process.argv[2]
const facts = s => [s.isFile(), s.isDirectory(), s.isSymbolicLink(), s.size, s.mtimeMs, s.mode, s.uid, typeof s.ino]
async function show(label, call) {
  let result
  try {
    result = await call()
  } catch (e) {
    result = [e.code, e.syscall, e.path, e.message.split('\n')[0]]
  }
  console.log(label + ': ' + (JSON.stringify(result) ?? 'nothing'))
}

async function names() {
  for (const name of ['empty', 'big', 'with space.txt', 'ünï.txt', 'deep', 'deep/', 'missing', 'empty/below', 'script', 'deep/../empty']) {
    const file = root + '/' + name
    for (const call of ['statSync', 'lstatSync']) await show(`${name} ${call}`, () => facts(fs[call](file)))
    for (const call of ['readlinkSync', 'realpathSync', 'accessSync', 'existsSync']) await show(`${name} ${call}`, () => fs[call](file))
    await show(`${name} realpath of libc`, () => fs.realpathSync.native(file))
    await show(`${name} read`, () => read(file))
    await show(`${name} list`, () => fs.readdirSync(file).sort())
    await show(`${name} folder`, () => fs.opendirSync(file).closeSync())
    await show(`${name} modes`, () => [fs.constants.R_OK, fs.constants.X_OK].map(mode => fs.accessSync(file, mode)))
    await show(`${name} promised stat`, async () => facts(await fs.promises.stat(file)))
    await show(`${name} promised bytes`, async () => digest(await fs.promises.readFile(file)))
    await show(`${name} promised path`, () => fs.promises.realpath(file))
  }
  await show('no throw', () => fs.statSync(root + '/missing', { throwIfNoEntry: false }))
  await show('big integers', () => fs.statSync(root + '/big', { bigint: true }).size.toString())
}

async function walks() {
  await show('readdir', () => fs.readdirSync(root, { withFileTypes: true }).map(e => [e.name, e.isFile(), e.isDirectory()]).sort())
  await show('recursive', () => fs.readdirSync(root, { recursive: true }).sort())
  await show('promised', async () => (await fs.promises.readdir(root, { recursive: true, withFileTypes: true })).map(e => [e.path, e.name, e.isFile()]).sort())
  await show('opendir', async () => {
    const found = []
    for await (const entry of await fs.promises.opendir(root, { recursive: true })) found.push(entry.name)
    return found.sort()
  })
}

async function contents(scratch) {
  const hash = createHash('md5')
  await show('stream', () => pipeline(fs.createReadStream(root + '/big'), hash))
  await show('digest', () => hash.digest('hex'))
  await show('range', async () => {
    let count = 0
    for await (const chunk of fs.createReadStream(root + '/big', { start: 100, end: 70000, highWaterMark: 999 })) count += chunk.length
    return count
  })
  await show('gzip', () => pipeline(fs.createReadStream(root + '/lines'), zlib.createGzip(), fs.createWriteStream(scratch + '/gz')))
  await show('gunzip', () => digest(zlib.gunzipSync(fs.readFileSync(scratch + '/gz'))))
  await show('missing stream', () => pipeline(fs.createReadStream(root + '/missing'), createHash('md5')))
  await show('copy', () => fs.copyFileSync(root + '/big', scratch + '/big'))
  await show('clone', () => fs.copyFileSync(root + '/big', scratch + '/clone', fs.constants.COPYFILE_FICLONE))
  await show('copied', () => [read(scratch + '/big'), read(scratch + '/clone')])
  await show('tree', () => fs.cpSync(root, scratch + '/tree', { recursive: true }))
  await show('promised tree', () => fs.promises.cp(root + '/code', scratch + '/code', { recursive: true }))
  await show('trees', () => [fs.readdirSync(scratch + '/tree', { recursive: true }).length, fs.readdirSync(scratch + '/code').sort()])
  await show('lines', async () => {
    let count = 0
    for await (const line of (await fs.promises.open(root + '/lines')).readLines()) count += line.length
    return count
  })
  await show('handle', async () => {
    const handle = await fs.promises.open(root + '/lines')
    const { buffer } = await handle.read(Buffer.alloc(20), 0, 20, 5)
    const result = [facts(await handle.stat()), buffer.toString()]
    await handle.close()
    return result
  })
  await show('readv', () => fs.readvSync(fs.openSync(root + '/lines'), [Buffer.alloc(3), Buffer.alloc(4)], 7))
  await show('blob', async () => digest(Buffer.from(await (await fs.openAsBlob(root + '/big')).slice(10, 2000000).arrayBuffer())))
}

async function many() {
  const files = fs.readdirSync(root, { recursive: true }).map(f => path.join(root, f)).filter(f => fs.statSync(f).isFile()).sort()
  await show('workers', () => Promise.all([0, 1, 2].map(mine => new Promise((resolve, reject) => {
    const worker = new Worker(__filename, { workerData: files.filter((_, i) => i % 3 === mine) })
    worker.on('message', resolve)
    worker.on('error', reject)
  }))))
  await show('at once', () => Promise.all(files.map(async file => digest(await fs.promises.readFile(file)))))
}

async function processes() {
  await show('modules', () => [require(root + '/node/a.js'), require(root + '/node/data.json'), require(root + '/node')])
  await show('resolved', () => require.resolve('dependency', { paths: [root + '/node'] }))
  await show('missing module', () => require(root + '/node/missing'))
  await show('import', async () => (await import(pathToFileURL(root + '/node/m.mjs'))).default)
  await show('spawn', () => execFileSync('cat', ['data.json'], { cwd: root + '/node', encoding: 'utf8' }))
  await show('shell', () => execFileSync('sh', ['-c', 'pwd; echo *'], { cwd: root + '/deep', encoding: 'utf8' }))
  await show('missing folder', () => spawnSync('true', { cwd: root + '/missing' }).error.code)
  await show('script', () => execFileSync(root + '/script', ['x'], { encoding: 'utf8' }))
  await show('node in node', () => new Promise(resolve => execFile(process.execPath, ['-p', 'process.cwd() + fs.readdirSync(".").length'], { cwd: root },
    (error, out) => resolve(out))))
  await show('chdir', () => process.chdir(root))
  await show('cwd', () => [process.cwd(), path.resolve('x'), fs.readdirSync('.').sort(), read('./deep/../empty'), read('lines')])
}

async function changes() {
  for (const [call, ...args] of [['writeFileSync', 'x'], ['appendFileSync', 'x'], ['mkdirSync'], ['rmSync'], ['unlinkSync'], ['rmdirSync'], ['truncateSync'],
    ['chmodSync', 0o600], ['utimesSync', 1, 1], ['renameSync', root + '/other'], ['symlinkSync', root + '/other']]) {
    for (const name of ['empty', 'missing', 'deep', 'missing/below']) await show(`${call} ${name}`, () => fs[call](root + '/' + name, ...args))
  }
  await show('watch', () => fs.watch(root, () => {}).close())
  await show('watch a file', () => fs.watch(root + '/empty', () => {}).close())
  await show('watch nothing', () => fs.watch(root + '/missing', () => {}).close())
  await show('poll', () => fs.watchFile(root + '/empty', () => {}) && fs.unwatchFile(root + '/empty'))
  await show('statfs', () => typeof fs.statfsSync(root).bsize)
}

async function main() {
  const scratch = fs.mkdtempSync(os.tmpdir() + '/')
  await names()
  await walks()
  await contents(scratch)
  await changes()
  await many()
  await processes()
}
main()
