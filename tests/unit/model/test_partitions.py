"""Which cloud a region is in: held against botocore's own table."""

from __future__ import annotations

import json
from pathlib import Path

import botocore
import pytest
from pydantic import TypeAdapter

from model.partitions import partition_of
from model.values import Region

_KNOWN = json.loads((Path(botocore.__file__).parent / "data/partitions.json").read_text())["partitions"]
REGIONS = [(region, one["id"]) for one in _KNOWN for region in one["regions"] if not region.endswith("-global")]


@pytest.mark.parametrize(("region", "partition"), REGIONS)
def test_each_region_has_its_partition(region: str, partition: str) -> None:
    assert partition_of(region) == partition
    assert TypeAdapter(Region).validate_python(region) == region, "a client file takes it"
