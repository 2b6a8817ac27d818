// SPDX-License-Identifier: GPL-3.0-or-later
//
// Changes to a trace that is there, as another program could make them.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <type_traits>
#include <vector>

#include <hdf5.h>

namespace expertscope::fixture {

using Mutation = std::function<void(hid_t)>;

struct Space
{
    hid_t id;
    explicit Space(std::vector<hsize_t> dims, bool growing = false)
    {
        auto most = dims;
        if (growing)
            most[0] = H5S_UNLIMITED;
        id = dims.empty() ? H5Screate(H5S_SCALAR) : H5Screate_simple(int(dims.size()), dims.data(), most.data());
    }
    ~Space() { H5Sclose(id); }
};

template <class T> hid_t typeOf()
{
    if constexpr (std::is_same_v<T, float>)
        return H5T_NATIVE_FLOAT;
    else if constexpr (std::is_same_v<T, double>)
        return H5T_NATIVE_DOUBLE;
    else
        return H5T_NATIVE_INT64;
}

inline void remove(hid_t f, const char* path)
{
    H5Ldelete(f, path, H5P_DEFAULT);
}

/// Puts another dataset in the place of one.
template <class T>
void replace(hid_t f, const char* path, std::vector<hsize_t> dims, const std::vector<T>& values, hid_t fileType = -1,
    hid_t plist = H5P_DEFAULT)
{
    remove(f, path);
    const Space space(std::move(dims));
    const auto d =
        H5Dcreate2(f, path, fileType < 0 ? typeOf<T>() : fileType, space.id, H5P_DEFAULT, plist, H5P_DEFAULT);
    if (!values.empty())
        H5Dwrite(d, typeOf<T>(), H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data());
    H5Dclose(d);
}

/// Writes one element.
inline void poke(hid_t f, const char* path, std::vector<hsize_t> at, double value)
{
    const auto d = H5Dopen2(f, path, H5P_DEFAULT);
    const auto space = H5Dget_space(d);
    const std::vector<hsize_t> one(at.size(), 1);
    H5Sselect_hyperslab(space, H5S_SELECT_SET, at.data(), nullptr, one.data(), nullptr);
    const Space memory({1});
    H5Dwrite(d, H5T_NATIVE_DOUBLE, memory.id, space, H5P_DEFAULT, &value);
    H5Sclose(space);
    H5Dclose(d);
}

inline void extend(hid_t f, const char* path, std::vector<hsize_t> dims)
{
    const auto d = H5Dopen2(f, path, H5P_DEFAULT);
    H5Dset_extent(d, dims.data());
    H5Dclose(d);
}

inline void textAttribute(hid_t f, const char* path, const char* name, const std::string& value)
{
    H5Adelete_by_name(f, path, name, H5P_DEFAULT);
    const auto type = H5Tcopy(H5T_C_S1);
    H5Tset_size(type, H5T_VARIABLE);
    const Space space({});
    const auto a = H5Acreate_by_name(f, path, name, type, space.id, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    const char* p = value.c_str();
    H5Awrite(a, type, &p);
    H5Aclose(a);
    H5Tclose(type);
}

inline void integerAttribute(hid_t f, const char* path, const char* name, std::int64_t value)
{
    H5Adelete_by_name(f, path, name, H5P_DEFAULT);
    const Space space({});
    const auto a = H5Acreate_by_name(f, path, name, H5T_NATIVE_INT64, space.id, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    H5Awrite(a, H5T_NATIVE_INT64, &value);
    H5Aclose(a);
}

inline void writeChunk(hid_t f, const char* path, const std::vector<unsigned char>& bytes, std::uint32_t mask = 0)
{
    const auto d = H5Dopen2(f, path, H5P_DEFAULT);
    const hsize_t offset[3] = {0, 0, 0};
    H5Dwrite_chunk(d, H5P_DEFAULT, mask, offset, bytes.size(), bytes.data());
    H5Dclose(d);
}

/// An empty chunked dataset with any claim about its size.
inline void claim(hid_t f, const char* path, hid_t type, std::vector<hsize_t> dims, std::vector<hsize_t> chunk)
{
    remove(f, path);
    const auto plist = H5Pcreate(H5P_DATASET_CREATE);
    H5Pset_chunk(plist, int(chunk.size()), chunk.data());
    H5Pset_deflate(plist, 1);
    const Space space(std::move(dims), true);
    H5Dclose(H5Dcreate2(f, path, type, space.id, H5P_DEFAULT, plist, H5P_DEFAULT));
    H5Pclose(plist);
}

}
