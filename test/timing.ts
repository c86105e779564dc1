/** For the `skip` option of tests that judge processor time: false, or why it says nothing here. */
export const timeSaysNothing = process.env.NODE_V8_COVERAGE
  ? 'counting coverage makes code several times slower'
  : false
