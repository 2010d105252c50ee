import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compareVersions, versionOf } from './debian.ts';

test('versions of kernel packages are compared as numbers', () => {
  const packages = [
    'linux-image-6.12.90+deb12.1-cloud-amd64',
    'linux-image-5.10.0-9-cloud-amd64',
    'linux-image-6.12.90+deb12-cloud-amd64',
    'linux-binary-7.3.4+deb13-cloud-amd64',
    'linux-image-5.10.0-32-cloud-amd64',
    'linux-image-6.1.0-50-cloud-amd64',
  ];
  assert.deepEqual(packages.map(versionOf).sort(compareVersions), [
    '5.10.0-9',
    '5.10.0-32',
    '6.1.0-50',
    '6.12.90+deb12',
    '6.12.90+deb12.1',
    '7.3.4+deb13',
  ]);
  assert.equal(versionOf('linux-image-cloud-amd64'), '');
});
