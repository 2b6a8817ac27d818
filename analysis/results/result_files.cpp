// SPDX-License-Identifier: GPL-3.0-or-later
#include "analysis/results/result_files.h"

#include "analysis/results/hdf5_reader.h"
#include "analysis/results/json_reader.h"

#include <cstring>
#include <fstream>

namespace expertscope::results {

Expected<ResultDocument> readResults(const std::filesystem::path& path)
{
    constexpr std::uintmax_t kMostBytes = std::uintmax_t(1) << 30;
    std::error_code error;
    const auto size = std::filesystem::file_size(path, error);
    if (error)
        return fail(error.message(), path.string());
    std::ifstream file(path, std::ios::binary);
    char magic[8] = {};
    file.read(magic, sizeof magic);
    if (std::memcmp(magic, "\x89HDF\r\n\x1a\n", sizeof magic) == 0)
        return readResultsHdf5(path);
    if (size > kMostBytes)
        return fail("larger than 1 GiB", path.string());
    std::string text(static_cast<std::size_t>(size), '\0');
    file.clear();
    file.seekg(0);
    file.read(text.data(), static_cast<std::streamsize>(text.size()));
    if (file.bad() || std::uintmax_t(file.gcount()) != size)
        return fail("cannot be read", path.string());
    return readResultsJson(text, path.string());
}

}
