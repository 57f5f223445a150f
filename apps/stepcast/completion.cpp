#include <memory>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "command.hpp"
#include "exit_status.hpp"

namespace stepcast::cli {
namespace {

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) {
    text += (text.empty() ? "" : " ") + word;
  }
  return text;
}

std::vector<std::string> option_names(const CLI::App& command) {
  std::vector<std::string> names;
  for (const CLI::Option* option : command.get_options()) {
    for (const std::string& name : option->get_lnames()) {
      names.push_back("--" + name);
    }
  }
  return names;
}

// A value list that an option is limited to, as the help text states it; fixed names are asked of
// the program itself so that the script never goes stale.
constexpr const char* kValues =
    "      --printer|-p) words=\"$(stepcast printers 2>/dev/null | cut -d' ' -f1)\" ;;\n"
    "      --planner) words=\"lookahead jlmcg marlin\" ;;\n"
    "      --compensator) words=\"none lpfbs-paper lpfbs-sharp\" ;;\n";

void bash(const CLI::App& app, bool in_zsh) {
  if (in_zsh) {
    fmt::print("autoload -U +X bashcompinit && bashcompinit\n");
  }
  std::vector<std::string> commands;
  std::string cases;
  for (const CLI::App* command : app.get_subcommands({})) {
    commands.push_back(command->get_name());
    cases += fmt::format("      {}) words=\"{}\" ;;\n", command->get_name(),
                         joined(option_names(*command)));
  }
  fmt::print(
      "_stepcast() {{\n"
      "  local current=\"${{COMP_WORDS[COMP_CWORD]}}\" previous=\"${{COMP_WORDS[COMP_CWORD-1]}}\" "
      "words=\"\"\n"
      "  if [ \"$COMP_CWORD\" -eq 1 ]; then\n"
      "    words=\"{} --help --version\"\n"
      "  else\n"
      "    case \"${{COMP_WORDS[1]}}\" in\n{}    esac\n"
      "    case \"$previous\" in\n{}    esac\n"
      "  fi\n"
      "  COMPREPLY=($(compgen -W \"$words\" -- \"$current\"))\n"
      "  [ ${{#COMPREPLY[@]}} -eq 0 ] && COMPREPLY=($(compgen -f -- \"$current\"))\n"
      "}}\n"
      "complete -o filenames -F _stepcast stepcast\n",
      joined(commands), cases, kValues);
}

void fish(const CLI::App& app) {
  fmt::print("complete -c stepcast -f -n __fish_use_subcommand -l help -l version\n");
  for (const CLI::App* command : app.get_subcommands({})) {
    fmt::print("complete -c stepcast -f -n __fish_use_subcommand -a {} -d \"{}\"\n",
               command->get_name(), command->get_description());
    for (const CLI::Option* option : command->get_options()) {
      for (const std::string& name : option->get_lnames()) {
        fmt::print("complete -c stepcast -n '__fish_seen_subcommand_from {}' -l {}\n",
                   command->get_name(), name);
      }
    }
  }
}

}  // namespace

void add_completion_command(CLI::App& app, int& status) {
  auto* command = app.add_subcommand("completion", "Print a completion script for your shell");
  auto shell = std::make_shared<std::string>("bash");
  command->add_option("shell", *shell, "bash, zsh or fish")
      ->check(CLI::IsMember({"bash", "zsh", "fish"}).description(""))
      ->capture_default_str();
  command->footer(
      "Install:\n"
      "  bash   stepcast completion bash > ~/.local/share/bash-completion/completions/stepcast\n"
      "  zsh    stepcast completion zsh >> ~/.zshrc\n"
      "  fish   stepcast completion fish > ~/.config/fish/completions/stepcast.fish");
  command->callback([&app, shell, &status] {
    if (*shell == "fish") {
      fish(app);
    } else {
      bash(app, *shell == "zsh");
    }
    status = kSuccess;
  });
}

}  // namespace stepcast::cli
