import assert from 'node:assert/strict'
import { test } from 'node:test'
import { escapeLines, escapeText, safeJson, shorten } from '../src/escape.ts'

test('plain text, accents, CJK and emoji stay as they are', () => {
  const text = 'Straße 人物 – 🐈 "x" <b>'
  assert.equal(escapeText(text), text)
})

test('what commands a terminal is spelled out', () => {
  assert.equal(escapeText('a\u001b[31mred\u001b[0m'), 'a\\e[31mred\\e[0m')
  assert.equal(escapeText('\u009b2J\u0007\u0000\u007f'), '\\u{9b}2J\\u{7}\\u{0}\\u{7f}')
  assert.equal(escapeText('one\ntwo\r\tthree'), 'one\\ntwo\\r\\tthree')
})

test('what hides or turns text around is spelled out', () => {
  assert.equal(escapeText('gpj\u202egpj.exe'), 'gpj\\u{202e}gpj.exe')
  assert.equal(escapeText('a\u2066b\u200bc\ufeffd\u2028e'), 'a\\u{2066}b\\u{200b}c\\u{feff}d\\u{2028}e')
  assert.equal(escapeText('half \ud800 of a pair'), 'half \\u{d800} of a pair')
})

test('lines stay lines, everything else in them is escaped', () => {
  assert.equal(escapeLines('a\u0007\r\nb\u001b'), 'a\\u{7}\nb\\e')
})

test('a long name is cut in its middle', () => {
  assert.equal(shorten('0123456789', 10), '0123456789')
  assert.equal(shorten('0123456789abc', 9), '0123…9abc')
  assert.equal([...shorten('🐈'.repeat(40), 7)].length, 7)
})

test('JSON has the same value and nothing in it that commands a terminal', () => {
  const value = { 'na\u009bme': 'gpj\u202egpj\u2028\u007f\u001b[2J \u{e0041} Straße 人物 🐈' }
  const line = safeJson(value)
  assert.deepEqual(JSON.parse(line), value)
  assert.equal(escapeText(line), line)
  assert.ok(line.includes('Straße 人物 🐈') && line.includes('\\u202e') && line.includes('\\udb40\\udc41'), line)
})
