// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <fcntl.h>
#include <string>
#include <unistd.h>

/// HDF5 1.10 loses small blocks when a file is damaged; ours are still watched. (One source a target: defined here.)
extern "C" const char* __lsan_default_suppressions()
{
    return "leak:libhdf5";
}

namespace expertscope::testing {

/// A file of these bytes while it lives; in memory where there is such a place. HDF5 asks for a real path, so a memfd
/// will not do.
class BytesAsFile
{
public:
    BytesAsFile(const std::uint8_t* data, std::size_t size)
    {
        const int fd = open(path().c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
        if (fd < 0 || write(fd, data, size) != static_cast<ssize_t>(size) || close(fd) != 0)
            std::abort();
    }
    ~BytesAsFile() { unlink(path().c_str()); }
    BytesAsFile(const BytesAsFile&) = delete;
    BytesAsFile& operator=(const BytesAsFile&) = delete;

    static const std::string& path()
    {
        static const std::string path = [] {
            const bool memory = access("/dev/shm", W_OK) == 0;
            return std::string(memory ? "/dev/shm" : "/tmp") + "/expertscope_fuzz." + std::to_string(getpid());
        }();
        return path;
    }
};

}
