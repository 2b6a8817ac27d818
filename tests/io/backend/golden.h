// SPDX-License-Identifier: GPL-3.0-or-later
//
// tests/data/checkpoints/*/golden.safetensors (their README says what is in them), read without the code under test.
#pragma once

#include <QByteArray>
#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>

#include <cstring>
#include <vector>

struct Golden
{
    QByteArray bytes;
    QJsonObject header;
    qsizetype dataStart = 0;

    explicit Golden(const QString& folder)
    {
        QFile file(folder + "/golden.safetensors");
        if (!file.open(QIODevice::ReadOnly))
            qFatal("%s: no golden", qPrintable(folder));
        bytes = file.readAll();
        quint64 length = 0;
        std::memcpy(&length, bytes.constData(), 8);
        header = QJsonDocument::fromJson(bytes.mid(8, static_cast<qsizetype>(length))).object();
        dataStart = 8 + static_cast<qsizetype>(length);
    }

    std::vector<std::int64_t> shape(const QString& name) const
    {
        std::vector<std::int64_t> result;
        for (const auto& d : header[name].toObject()["shape"].toArray())
            result.push_back(d.toInteger());
        return result;
    }

    template <class T> std::vector<T> values(const QString& name) const
    {
        if (!header.contains(name))
            qFatal("golden lacks %s", qPrintable(name));
        const QJsonArray range = header[name].toObject()["data_offsets"].toArray();
        const qint64 begin = range[0].toInteger(), end = range[1].toInteger();
        std::vector<T> result(static_cast<std::size_t>(end - begin) / sizeof(T));
        std::memcpy(result.data(), bytes.constData() + dataStart + begin, static_cast<std::size_t>(end - begin));
        return result;
    }
};
