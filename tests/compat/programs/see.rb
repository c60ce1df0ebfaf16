# see.rb ROOT: what a Ruby program can find out about a tree.
require 'digest'
require 'find'
require 'fileutils'
require 'open3'
require 'pathname'
require 'tmpdir'

ROOT = ARGV[0]

def show(label)
  result = begin
    yield
  rescue SystemCallError, LoadError, IOError => e
    "#{e.class}: #{e.message.lines.first}"
  end
  puts "#{label}: #{result.inspect}"
end

def facts(stat)
  [stat.file?, stat.directory?, stat.symlink?, stat.size, stat.mtime.to_f, stat.mode.to_s(8), stat.uid]
end

['empty', 'big', 'with space.txt', 'ünï.txt', 'deep', 'missing', 'empty/below', 'script', 'deep/../empty'].each do |name|
  file = "#{ROOT}/#{name}"
  %i[stat lstat].each { |call| show("#{name} #{call}") { facts(File.send(call, file)) } }
  %i[readlink realpath realdirpath file? directory? readable? writable? executable? exist? world_readable?].each do |call|
    show("#{name} #{call}") { File.send(call, file) }
  end
  show("#{name} bytes") { Digest::MD5.file(file).hexdigest }
  show("#{name} children") { Dir.children(file).sort }
  show("#{name} copy stream") { IO.copy_stream(file, '/dev/null') }
  ['r+', 'w', 'a'].each { |mode| show("#{name} open #{mode}") { File.open(file, mode).close } }
  %i[delete truncate mkfifo].each { |call| show("#{name} #{call}") { File.send(call, *[file] + (call == :truncate ? [0] : [])) } }
  show("#{name} mkdir") { Dir.mkdir(file) }
  show("#{name} rename") { File.rename(file, "#{ROOT}/other") }
end

show('find') { Find.find(ROOT).sort }
show('glob') { [Dir["#{ROOT}/**/*"].sort, Dir.glob('*/*', base: ROOT).sort, Dir.glob("#{ROOT}/{code,node}/*.{py,js}").sort] }
show('pathname') { Pathname(ROOT).join('deep/../empty').cleanpath.size }
show('lines') { [File.foreach("#{ROOT}/lines").count, IO.readlines("#{ROOT}/with space.txt"), File.read("#{ROOT}/big", 20, 4000)] }
show('seek') { File.open("#{ROOT}/lines") { |f| f.seek(77) && [f.gets, f.pos, f.pread(5, 3), f.flock(File::LOCK_SH), f.path, f.stat.size] } }
Dir.mktmpdir do |mine|
  show('tree') { FileUtils.cp_r("#{ROOT}/.", mine) && Find.find(mine).count }
  show('same') { FileUtils.identical?("#{ROOT}/big", "#{mine}/big") }
end
show('install') { FileUtils.install("#{ROOT}/script", 'script', mode: 0o700) && File.stat('script').mode }
show('load') { load("#{ROOT}/ruby/main.rb") }
show('require') { $LOAD_PATH.unshift("#{ROOT}/ruby") && [require('helper'), $LOADED_FEATURES.last] }
show('require missing') { require("#{ROOT}/ruby/missing") }
show('threads') { Dir["#{ROOT}/deep/*/*"].sort.map { |f| Thread.new { Digest::MD5.file(f).hexdigest } }.map(&:value) }
show('chdir') { Dir.chdir(ROOT) { [Dir.pwd, Dir.children('.').sort, File.size('deep/../lines'), `pwd; ls deep`, File.expand_path('x')] } }
show('spawn') { Open3.capture2e('cat', 'data.json', chdir: "#{ROOT}/node").first }
show('script') { Open3.capture2e("#{ROOT}/script", 'x').first }
show('fork') { IO.popen('-') { |io| io ? io.read : puts(File.size("#{ROOT}/lines")) } }
