"""Tags the wheel for the platform of the native addon that it carries.

Left to itself the builder would call a wheel without Python code good for every machine. The tag is read from the
addon: the newest symbol version of the C library that it asks for, but never an older one than Node 20 itself needs.
"""

import pathlib
import platform
import re
import sys
import sysconfig

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

# Node's own binaries ask for glibc 2.28, so a wheel for older systems could not run there anyway.
GLIBC_OF_NODE = 28


def platform_tag(addon: bytes) -> str:
    if sys.platform != "linux":
        return re.sub(r"[-.]", "_", sysconfig.get_platform())
    machine = platform.machine()
    versions = [int(minor) for minor in re.findall(rb"GLIBC_2\.(\d+)", addon)]
    if not versions:
        return f"musllinux_1_2_{machine}"
    return f"manylinux_2_{max(GLIBC_OF_NODE, *versions)}_{machine}"


class PlatformTag(BuildHookInterface):
    def initialize(self, version, build_data):
        addon = pathlib.Path(self.root, "dist", "kernelspec", "zeromq.node").read_bytes()
        build_data["pure_python"] = False
        build_data["tag"] = f"py3-none-{platform_tag(addon)}"
