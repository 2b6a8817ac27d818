// SPDX-License-Identifier: GPL-3.0-or-later
//
// Takes a JSON object apart, key by key, so that nothing in it goes unread.
#pragma once

#include "io/base/error.h"

#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QString>

#include <optional>

namespace expertscope {

/// A value and how JSON spells it.
template <class T> struct Spelling
{
    const char* text;
    T value;
};

template <class T, std::size_t N> QString spelled(const Spelling<T> (&spellings)[N], T value)
{
    for (const auto& s : spellings) {
        if (s.value == value)
            return s.text;
    }
    return {};
}

/// Errors name the line of `source` where it is no JSON.
Expected<QJsonDocument> parseJsonText(const QByteArray& json, const QString& source);

/// The keys of an object, taken one by one. Remembers the first error; what is left over at the end is unknown.
class JsonKeys
{
public:
    /// `place`: what stands before a key in errors: "a.json: font.".
    /// `whole`: what it is, for keys that are none of its: "figure spec".
    JsonKeys(QJsonObject object, QString place, std::optional<Error>& error, QString whole = "figure spec");

    QJsonValue take(const char* key) { return m_object.take(QLatin1String(key)); }
    void wrong(const QString& key, const QString& what);
    void text(const char* key, QString& into);
    bool number(const char* key, double& into);
    void integer(const char* key, int& into, double most = 1e6);
    JsonKeys object(const char* key);
    /// Each object of a list in turn, as `item(keys)`.
    template <class Item> void list(const char* key, Item item)
    {
        list(key, item, [](const QString&) -> QString { return "is not an object"; });
    }
    /// The same where an element may be a text instead: `word(text)` says what is wrong with it, or nothing.
    template <class Item, class Word> void list(const char* key, Item item, Word word)
    {
        const QJsonValue value = take(key);
        if (value.isUndefined())
            return;
        if (!value.isArray())
            return wrong(key, "is not a list");
        int index = 0;
        for (const QJsonValue& element : value.toArray()) {
            const QString name = QString("%1[%2]").arg(key).arg(index++);
            if (element.isString()) {
                if (const QString what = word(element.toString()); !what.isEmpty())
                    wrong(name, what);
                continue;
            }
            JsonKeys keys(element.toObject(), m_place + name + '.', m_error, m_whole);
            item(keys);
            keys.finish();
        }
    }
    /// Each text of a list in turn: `word(text)` says what is wrong with it, or nothing.
    template <class Word> void texts(const char* key, Word word)
    {
        list(key, [&](JsonKeys&) { wrong(key, "is not a list of texts"); }, word);
    }
    template <class T, std::size_t N, class Into>
    void choice(const char* key, const Spelling<T> (&spellings)[N], Into& into)
    {
        const QJsonValue value = take(key);
        if (value.isUndefined())
            return;
        QStringList known;
        for (const auto& s : spellings) {
            if (value.toString() == QLatin1String(s.text)) {
                into = s.value;
                return;
            }
            known << s.text;
        }
        wrong(key, "is none of " + known.join(", "));
    }
    void finish();
    const QString& place() const { return m_place; }
    const QJsonObject& rest() const { return m_object; }

private:
    QJsonObject m_object;
    QString m_place;
    std::optional<Error>& m_error;
    QString m_whole;
};

}
