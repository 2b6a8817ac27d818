// SPDX-License-Identifier: GPL-3.0-or-later
#include "analysis/inspect/inspection.h"

#include "analysis/hardware/hardware_presets.h"
#include "io/base/host.h"

namespace expertscope::inspect {

namespace {

constexpr std::uint64_t kMostContext = 1ull << 40;

CaptureHere captureHere(const Sizes& sizes)
{
    CaptureHere here;
    here.cpu = hostCpuName();
    here.threads = usableCpus();
    here.memory = hostMemory();
    here.batchTokens = standardBatchTokens(DeviceKind::Cpu);
    here.weights = sizes.captureCpu;
    return here;
}

}

const std::vector<std::string>& standardMachines()
{
    static const std::vector<std::string> names{"desktop-4090", "desktop-5090", "server-a100", "server-h200"};
    return names;
}

Expected<Question> checkInspect(const Options& options)
{
    Question question;
    question.asked = options;
    if (options.context < 1 || options.context > kMostContext)
        return fail("is out of range", "--context", "tokens, such as 4096");
    std::error_code ignored;
    if (options.experts && std::filesystem::is_regular_file(options.model, ignored))
        return fail("a config alone has no weights", "--experts", "name the folder");
    for (const std::string& name : options.hardware.empty() ? standardMachines() : options.hardware) {
        ES_ASSIGN(auto machine, cost::machineOf(name, "--hardware"));
        question.machines.push_back(std::move(machine));
    }
    return question;
}

Expected<Answer> inspectModel(const Question& question, const std::function<bool(double)>& progress)
{
    Answer answer;
    answer.question = question;
    ES_ASSIGN(answer.subject, openSubject(question.asked.model));
    const Subject& subject = answer.subject;
    if (!subject.arch)
        return answer;
    answer.sizes = sizesOf(subject);
    answer.here = captureHere(*answer.sizes);
    for (const cost::Machine& machine : question.machines)
        answer.fits.push_back(fitOn(machine, *subject.arch, *answer.sizes, double(question.asked.context)));
    if (!subject.checkpoint)
        return answer;
    for (const Site& site : subject.arch->sites) {
        ES_ASSIGN(auto router, routerGeometry(*subject.checkpoint, site.layer));
        answer.routers.push_back(std::move(router));
    }
    for (std::size_t s = 0; question.asked.experts && s < subject.arch->sites.size(); ++s) {
        ExpertReading reading;
        reading.threads = question.asked.threads > 0 ? question.asked.threads : unsigned(usableCpus());
        if (progress)
            reading.progress = [&](double part) {
                return progress((double(s) + part) / double(subject.arch->sites.size()));
            };
        ES_ASSIGN(auto experts, expertGeometry(*subject.checkpoint, subject.arch->sites[s].layer, reading));
        answer.experts.push_back(std::move(experts));
    }
    return answer;
}

}
