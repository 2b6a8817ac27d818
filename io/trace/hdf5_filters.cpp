// SPDX-License-Identifier: GPL-3.0-or-later
#include "io/trace/hdf5_filters.h"

#include <algorithm>
#include <array>
#include <string_view>

namespace expertscope::hdf5 {

namespace {

constexpr H5Z_filter_t kLzf = 32000;

/// How people call the filters that others write with most (registered with the HDF Group): files do not always say.
std::string nameOf(H5Z_filter_t filter, std::string_view stored)
{
    static constexpr std::array<std::pair<H5Z_filter_t, const char*>, 12> kKnown{
        {{H5Z_FILTER_SZIP, "szip"}, {307, "bzip2"}, {kLzf, "LZF"}, {32001, "blosc"}, {32004, "LZ4"},
            {32008, "bitshuffle"}, {32013, "zfp"}, {32015, "zstd"}, {32017, "SZ"}, {32024, "SZ3"}, {32026, "blosc2"},
            {32028, "SPERR"}}};
    const auto known = std::ranges::find(kKnown, filter, [](const auto& entry) { return entry.first; });
    if (known != kKnown.end())
        return known->second;
    return stored.empty() ? "without a name" : std::string(stored);
}

}

Expected<void> checkFilters(hid_t dataset, const std::string& where)
{
    const Lock lock;
    const Handle creation(H5Dget_create_plist(dataset), H5Pclose);
    const int count = creation ? H5Pget_nfilters(creation) : -1;
    if (count < 0)
        return failed("cannot be opened", where);
    for (int i = 0; i < count; ++i) {
        std::array<char, 128> name{};
        unsigned flags = 0, config = 0;
        std::size_t numValues = 0;
        const auto filter = H5Pget_filter2(
            creation, static_cast<unsigned>(i), &flags, &numValues, nullptr, name.size() - 1, name.data(), &config);
        if (filter < 0)
            return failed("cannot be opened", where);
        const auto available = H5Zfilter_avail(filter);
        takeReason(); // of the search for a plug-in
        if (available > 0)
            continue;
        const std::string_view stored(name.data());
        return fail("is packed with the filter " + nameOf(filter, stored.substr(0, stored.find(';'))) + " ("
                + std::to_string(filter) + "), which the HDF5 library here does not have",
            where,
            filter == kLzf
                ? "only h5py has LZF built in: trace-format.md, \"Other filters\", shows how to rewrite the file with it"
                : "rewrite it where the filter is: h5repack -f GZIP=4 OLD NEW, or let HDF5_PLUGIN_PATH name the folder of "
                  "its plug-in");
    }
    return {};
}

}
