// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/figure/json_keys.h"

#include <cmath>

namespace expertscope {

Expected<QJsonDocument> parseJsonText(const QByteArray& json, const QString& source)
{
    QJsonParseError syntax;
    QJsonDocument document = QJsonDocument::fromJson(json, &syntax);
    if (syntax.error == QJsonParseError::NoError)
        return document;
    const auto line = json.left(syntax.offset).count('\n') + 1;
    return fail("not JSON: " + syntax.errorString().toStdString(), source.toStdString() + ":" + std::to_string(line));
}

JsonKeys::JsonKeys(QJsonObject object, QString place, std::optional<Error>& error, QString whole)
    : m_object(std::move(object))
    , m_place(std::move(place))
    , m_error(error)
    , m_whole(std::move(whole))
{
}

void JsonKeys::wrong(const QString& key, const QString& what)
{
    if (!m_error)
        m_error = Error{what.toStdString(), (m_place + key).toStdString(), {}};
}

void JsonKeys::text(const char* key, QString& into)
{
    const QJsonValue value = take(key);
    if (value.isString())
        into = value.toString();
    else if (!value.isUndefined())
        wrong(key, "is not a text");
}

bool JsonKeys::number(const char* key, double& into)
{
    const QJsonValue value = take(key);
    if (value.isDouble())
        into = value.toDouble();
    else if (!value.isUndefined())
        wrong(key, "is not a number");
    return value.isDouble();
}

void JsonKeys::integer(const char* key, int& into, double most)
{
    double value = into;
    if (number(key, value)) {
        if (value != std::floor(value) || std::abs(value) > most)
            wrong(key, "is not a whole number of sensible size");
        else
            into = int(value);
    }
}

JsonKeys JsonKeys::object(const char* key)
{
    const QJsonValue value = take(key);
    if (!value.isUndefined() && !value.isObject())
        wrong(key, "is not an object");
    return {value.toObject(), m_place + key + '.', m_error, m_whole};
}

void JsonKeys::finish()
{
    if (!m_object.isEmpty())
        wrong(m_object.keys().first(), "is not a key of a " + m_whole);
}

}
