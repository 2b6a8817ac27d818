// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/figure/convert_pdf.h"

#include "io/base/new_file.h"

#include <QProcess>
#include <QStandardPaths>

#include <cerrno>
#include <cstring>

#include <sys/mman.h>
#include <unistd.h>

namespace expertscope {

namespace {

constexpr int kMostMilliseconds = 60000;

/// A file that has no name, and is gone with this.
class Unnamed
{
public:
    explicit Unnamed(const QByteArray& content)
        : m_file(memfd_create("figure.pdf", MFD_CLOEXEC))
    {
        m_written = m_file >= 0 && writeAll(m_file, {content.constData(), std::size_t(content.size())});
    }
    ~Unnamed()
    {
        if (m_file >= 0)
            close(m_file);
    }
    Unnamed(const Unnamed&) = delete;
    Unnamed& operator=(const Unnamed&) = delete;

    bool written() const { return m_written; }
    /// For a program that is started.
    QString name() const { return QString("/proc/%1/fd/%2").arg(getpid()).arg(m_file); }

private:
    int m_file;
    bool m_written = false;
};

}

Expected<QByteArray> convertPdf(const QByteArray& pdf, const QString& program, const QStringList& options)
{
    const std::string name = program.toStdString();
    const QString path = QStandardPaths::findExecutable(program);
    if (path.isEmpty())
        return fail("is needed for this kind of figure, and not installed", name,
            "install poppler-utils, or write a .pdf, .svg or .png");
    const Unnamed file(pdf);
    if (!file.written())
        return fail(std::strerror(errno), name);
    QProcess process;
    process.start(path, options + QStringList{file.name(), "-"}, QIODevice::ReadOnly);
    if (!process.waitForFinished(kMostMilliseconds)) {
        const std::string why = process.errorString().toStdString();
        process.kill();
        process.waitForFinished();
        return fail(why, name);
    }
    if (process.exitStatus() != QProcess::NormalExit || process.exitCode() != 0)
        return fail("failed: " + process.readAllStandardError().simplified().toStdString(), name);
    const QByteArray made = process.readAllStandardOutput();
    if (made.isEmpty())
        return fail("made nothing", name);
    return made;
}

}
