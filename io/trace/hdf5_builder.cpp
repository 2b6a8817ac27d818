// SPDX-License-Identifier: GPL-3.0-or-later
#include "io/trace/hdf5_builder.h"

#include <hdf5_hl.h>

#include <cstdio>
#include <cstring>

namespace expertscope::hdf5 {

Expected<void> Builder::create()
{
    const Handle creation(H5Pcreate(H5P_FILE_CREATE), H5Pclose);
    H5Pset_link_creation_order(creation, H5P_CRT_ORDER_TRACKED | H5P_CRT_ORDER_INDEXED);
    H5Pset_obj_track_times(creation, false); // the same contents are the same bytes
    ES_ASSIGN(m_file, createForWriting(m_bytes, creation, m_path));
    return {};
}

Expected<void> Builder::close()
{
    m_scales.clear();
    if (m_file.reset() < 0)
        return failed("cannot be closed");
    return written();
}

Expected<void> Builder::written() const
{
    if (m_bytes.error != 0)
        return fail(std::strerror(m_bytes.error), m_path);
    return {};
}

tl::unexpected<Error> Builder::failed(const std::string& what) const
{
    if (const auto sound = written(); !sound)
        return tl::unexpected(sound.error());
    return hdf5::failed(what, m_path);
}

Expected<void> Builder::text(hid_t object, const char* name, const std::string& value)
{
    return writeText(object, name, value, m_path);
}

Expected<void> Builder::integer(hid_t object, const char* name, std::int64_t value)
{
    return writeInteger(object, name, value, m_path);
}

Expected<Handle> Builder::group(const std::string& path)
{
    const Handle creation(H5Pcreate(H5P_GROUP_CREATE), H5Pclose);
    H5Pset_link_creation_order(creation, H5P_CRT_ORDER_TRACKED | H5P_CRT_ORDER_INDEXED);
    H5Pset_obj_track_times(creation, false);
    Handle made(H5Gcreate2(m_file, path.c_str(), H5P_DEFAULT, creation, H5P_DEFAULT), H5Gclose);
    if (!made)
        return failed("group '" + path + "' cannot be made");
    return made;
}

Expected<Handle> Builder::dataset(const DatasetSpec& spec)
{
    ES_TRY(written());
    std::vector<hsize_t> most = spec.dims;
    if (spec.growing)
        most[0] = H5S_UNLIMITED;
    const Handle space(H5Screate_simple(static_cast<int>(spec.dims.size()), spec.dims.data(), most.data()), H5Sclose);
    const Handle creation(H5Pcreate(H5P_DATASET_CREATE), H5Pclose);
    H5Pset_obj_track_times(creation, false);
    if (!spec.chunk.empty())
        H5Pset_chunk(creation, static_cast<int>(spec.chunk.size()), spec.chunk.data());
    if (spec.filters.shuffle)
        H5Pset_shuffle(creation);
    if (spec.filters.level > 0)
        H5Pset_deflate(creation, static_cast<unsigned>(spec.filters.level));
    if (spec.fill)
        H5Pset_fill_value(creation, spec.type, spec.fill);
    Handle made(H5Dcreate2(m_file, spec.path.c_str(), spec.type, space, H5P_DEFAULT, creation, H5P_DEFAULT), H5Dclose);
    if (!made)
        return failed("dataset '" + spec.path + "' cannot be made");
    if (!spec.units.empty())
        ES_TRY(text(made, "units", spec.units));
    if (!spec.longName.empty())
        ES_TRY(text(made, "long_name", spec.longName));
    if (!spec.description.empty())
        ES_TRY(text(made, "description", spec.description));
    if (spec.fill) {
        const hsize_t one = 1;
        const Handle attributeSpace(H5Screate_simple(1, &one, nullptr), H5Sclose);
        const Handle a(H5Acreate2(made, "_FillValue", spec.type, attributeSpace, H5P_DEFAULT, H5P_DEFAULT), H5Aclose);
        if (!a || H5Awrite(a, spec.type, spec.fill) < 0)
            return failed("fill value of '" + spec.path + "'");
    }
    for (std::size_t axis = 0; axis < spec.dimensions.size(); ++axis) {
        const auto scale = m_scales.find(spec.dimensions[axis]);
        const auto& name = spec.dimensions[axis];
        const auto label = name.substr(name.rfind('/') + 1);
        if (scale == m_scales.end() || H5DSattach_scale(made, scale->second, static_cast<unsigned>(axis)) < 0
            || H5DSset_label(made, static_cast<unsigned>(axis), label.c_str()) < 0)
            return failed("axis '" + name + "' of '" + spec.path + "'");
    }
    return made;
}

Expected<void> Builder::scale(const std::string& path, hsize_t size, bool growing)
{
    ES_ASSIGN(Handle made,
        dataset({.path = path,
            .type = H5T_IEEE_F32BE,
            .dims = {size},
            .chunk = growing ? std::vector<hsize_t>{1024} : std::vector<hsize_t>{},
            .growing = growing}));
    char name[80];
    std::snprintf(name, sizeof name, "This is a netCDF dimension but not a netCDF variable.%10llu",
        static_cast<unsigned long long>(size));
    if (H5DSset_scale(made, name) < 0)
        return failed("axis '" + path + "'");
    m_scales[path] = std::move(made);
    return {};
}

Expected<Handle> Builder::column(const DatasetSpec& spec, const void* values, std::size_t count, hid_t memoryType)
{
    ES_ASSIGN(Handle made, dataset(spec));
    if (count > 0 && H5Dwrite(made, memoryType, H5S_ALL, H5S_ALL, H5P_DEFAULT, values) < 0)
        return failed("'" + spec.path + "' cannot be written");
    return made;
}

Expected<void> Builder::write(
    const Handle& dataset, const std::string& path, const void* values, hsize_t first, hsize_t count, hid_t memoryType)
{
    const Handle memory(H5Screate_simple(1, &count, nullptr), H5Sclose);
    const Handle space(H5Dget_space(dataset), H5Sclose);
    if (!memory || !space || H5Sselect_hyperslab(space, H5S_SELECT_SET, &first, nullptr, &count, nullptr) < 0
        || H5Dwrite(dataset, memoryType, memory, space, H5P_DEFAULT, values) < 0)
        return failed("'" + path + "' cannot be written");
    return written();
}

Expected<void> Builder::texts(DatasetSpec spec, const std::vector<const char*>& values)
{
    const auto type = textType();
    spec.type = type;
    spec.dims = {values.size()};
    if (!values.empty()) {
        // The references to the texts would be the only bytes of the file without a checksum; deflate brings one.
        spec.chunk = {std::clamp<hsize_t>(values.size(), 1, 4096)};
        spec.filters.level = 1;
    }
    ES_TRY(column(spec, values.data(), values.size(), type));
    return {};
}

Expected<void> Builder::fixedText(DatasetSpec spec, const std::string& value)
{
    const Handle type(H5Tcopy(H5T_C_S1), H5Tclose);
    const auto bytes = value.empty() ? std::string(1, '\0') : value;
    if (!type || H5Tset_size(type, bytes.size()) < 0 || H5Tset_cset(type, H5T_CSET_UTF8) < 0
        || H5Tset_strpad(type, H5T_STR_NULLPAD) < 0)
        return failed("text type");
    spec.type = type;
    ES_TRY(column(spec, bytes.data(), 1, type));
    return {};
}

Expected<void> Builder::flags(const Handle& object, std::uint8_t count, const char* meanings)
{
    const hsize_t n = count;
    std::vector<std::uint8_t> values(count);
    for (std::uint8_t i = 0; i < count; ++i)
        values[i] = i;
    const Handle space(H5Screate_simple(1, &n, nullptr), H5Sclose);
    const Handle a(H5Acreate2(object, "flag_values", H5T_STD_U8LE, space, H5P_DEFAULT, H5P_DEFAULT), H5Aclose);
    if (!a || H5Awrite(a, H5T_NATIVE_UINT8, values.data()) < 0)
        return failed("flag_values");
    return text(object, "flag_meanings", meanings);
}

}
