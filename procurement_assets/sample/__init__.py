"""Realistic, deterministic sample data: for `make demo`, for tests with seeded defects, for national-scale benchmarks.

Public surface:

- `write_sample_files(source, folder)`: the files of a source of kind `sample` in a publishers file;
- `generate(profile, records, seed, defects=True)`: records, each with its clean truth, its published state and the
  defects seeded in it; `write(records, layout, stream)`: one file in one of the seven layouts;
- `damaged(kind)`, `write_damaged(kind, path)`: whole files damaged in the ways of `DAMAGES`;
- `punctual(profile)`: the same profile without late publications, so that clean data breaks no rule at all;
- `registers.write_sample_register(kind, sources, folder)`: the file of a register (CPV, places, SIRENE);
- `profile_names()`, `load_profile(name)`, `defects()`, `rates(profile)`: the data behind them.

Data: `profiles.toml` (measured figures), `defects.toml` (classes of defect), `composites.toml` (sources of several
files), `cpv.csv`, `words.toml`, and `publishers.toml`, the demo's publishers file (`DEMO_PUBLISHERS`).

Same profile, number and seed: same bytes. Record `k` does not depend on how many records are asked for. Memory does not
grow with the number of records. Nothing reads the clock. Companies are made up, with SIRETs that pass Luhn's test.
"""

from procurement_assets.sample.damaged import DAMAGES, damaged, write_damaged
from procurement_assets.sample.files import SampleFile, composites, write_sample_files
from procurement_assets.sample.generator import generate
from procurement_assets.sample.profiles import HERE, Profile, load_profile, profile_names, punctual
from procurement_assets.sample.record import SampleRecord, Seeded
from procurement_assets.sample.seeding import Defect, defects, rates
from procurement_assets.sample.writing import write

DEMO_PUBLISHERS = HERE / "publishers.toml"

__all__ = [
    "DAMAGES",
    "DEMO_PUBLISHERS",
    "Defect",
    "Profile",
    "SampleFile",
    "SampleRecord",
    "Seeded",
    "composites",
    "damaged",
    "defects",
    "generate",
    "load_profile",
    "profile_names",
    "punctual",
    "rates",
    "write",
    "write_damaged",
    "write_sample_files",
]
