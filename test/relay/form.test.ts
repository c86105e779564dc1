import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { boundaryOf, scanForm } from '../../src/relay/form.ts'

function field(name: string, value: string, more = ''): string {
  return `--b\r\nContent-Disposition: form-data; name="${name}"${more}\r\n\r\n${value}\r\n`
}

function scan(...parts: string[]) {
  return scanForm(Buffer.from(`${parts.join('')}--b--\r\n`, 'latin1'), 'b')
}

suite('the boundary', () => {
  for (const [type, boundary] of [
    ['multipart/form-data; boundary=abc', 'abc'],
    ['Multipart/Form-Data;boundary="a b:c"', 'a b:c'],
    ['multipart/form-data; charset=utf-8; boundary=----x1', '----x1'],
    ['application/json', undefined],
    [undefined, undefined],
  ] as const) {
    test(`of ${type} is ${boundary}`, () => assert.equal(boundaryOf(type), boundary))
  }

  for (const type of [
    'multipart/form-data',
    'multipart/mixed; boundary=b',
    'multipart/form-data; boundary=',
    `multipart/form-data; boundary=${'b'.repeat(71)}`,
  ]) {
    test(`${type.slice(0, 50)} has none that can be read`, () => {
      assert.throws(() => boundaryOf(type), { code: 'SLUICE_REQUEST_INVALID' })
    })
  }
})

test('the model is found where its value stands, between files that hold any bytes', () => {
  const file = field('file', '\x00\xff\r\n-\r\n--c\r\nname="model"', '; filename="a.wav"')
  const body = Buffer.from(`${file}${field('model', 'whisper-1')}${field('prompt', 'Hello')}--b--\r\n`, 'latin1')
  const { model, modelMember, stream, form } = scanForm(body, 'b')
  assert.equal(model, 'whisper-1')
  assert.equal(body.toString('latin1', modelMember?.start, modelMember?.end), 'whisper-1')
  assert.equal(stream, false)
  assert.deepEqual(form, { contentType: 'multipart/form-data; boundary="b"', words: 'whisper-1Hello'.length })
})

test('a form says that it wants a stream in a field', () => {
  assert.equal(scan(field('model', 'm'), field('stream', 'true')).stream, true)
  assert.equal(scan(field('model', 'm'), field('stream', 'false')).stream, false)
})

suite('refused is what two readers could read in two ways:', () => {
  for (const [name, parts] of [
    ['a model that is given twice', [field('model', 'a'), field('model', 'b')]],
    ['a model that is a file', [field('model', 'a', '; filename="model"')]],
    ['a model that is empty', [field('model', '')]],
    ['no model', [field('file', 'x')]],
    ['two names of one part', [field('file', 'x', '; name="model"')]],
    ['a name in another code', ["--b\r\nContent-Disposition: form-data; name*=utf-8''model\r\n\r\na\r\n"]],
    [
      'a head whose lines some would end at a bare line feed',
      [
        '--b\r\nX: y\nContent-Disposition: form-data; name="model"\r\nContent-Disposition: form-data; name="x"\r\n\r\na\r\n',
        field('model', 'b'),
      ],
    ],
    [
      'an empty part that some would end where its head does',
      ['--b\r\nContent-Disposition: form-data; name="x"\r\n\r\n', field('model', 'a'), field('model', 'b')],
    ],
    [
      'a boundary that some would find behind a bare line feed',
      ['--b\r\nContent-Disposition: form-data; name="x"\r\n\r\n1\n', field('model', 'a'), field('model', 'b')],
    ],
    ['a name with an escape', [field('mo\\"del', 'a')]],
    [
      'two heads that name the part',
      [
        '--b\r\ncontent-disposition: form-data; name="file"\r\ncontent-disposition: form-data; name="model"\r\n\r\na\r\n',
      ],
    ],
    ['a head that goes on in the next line', ['--b\r\ncontent-disposition: form-data;\r\n name="model"\r\n\r\na\r\n']],
    [
      'a value in a code',
      ['--b\r\ncontent-disposition: form-data; name="model"\r\ncontent-transfer-encoding: base64\r\n\r\nYQ==\r\n'],
    ],
    ['a boundary that goes on', [field('model', 'a'), '--bc\r\n\r\n']],
    ['more parts than any route takes', Array.from({ length: 201 }, (_, index) => field(`f${index}`, 'x'))],
    ['a head without an end', [`--b\r\ncontent-disposition: form-data; name="${'x'.repeat(5000)}"\r\n\r\na\r\n`]],
    ['text before the form', ['hello\r\n', field('model', 'a')]],
  ] as const) {
    test(name, () => assert.throws(() => scan(...parts), { code: 'SLUICE_REQUEST_INVALID' }))
  }
})

test('a form that is cut anywhere is refused', () => {
  const whole = Buffer.from(`${field('model', 'm')}--b--`)
  for (let length = 0; length < whole.length; length += 1) {
    assert.throws(() => scanForm(whole.subarray(0, length), 'b'), { code: 'SLUICE_REQUEST_INVALID' }, `${length}`)
  }
})
