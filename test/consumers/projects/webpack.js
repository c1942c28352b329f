import webpack from 'webpack';

const configurations = ['operator', 'providers'].map((page) => ({
  mode: 'production',
  target: 'web',
  entry: { [page]: `./${page}.js` },
  output: { path: `${import.meta.dirname}/out/webpack`, publicPath: '/out/webpack/' },
  // The SDKs are larger than webpack recommends. The test checks that they are loaded late.
  performance: { hints: false },
}));

webpack(configurations).run((error, stats) => {
  if (error) throw error;
  const said = stats.toString({ all: false, errors: true, errorDetails: true, warnings: true });
  if (said !== '') console.error(said);
  process.exitCode = stats.hasErrors() ? 1 : 0;
});
