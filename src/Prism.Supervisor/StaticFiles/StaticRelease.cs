namespace Prism.Supervisor.StaticFiles;

/// <summary>The folder of one release, complete; nothing in it changes any more.</summary>
/// <param name="Folder">Its path, for STATIC_ROOT.</param>
/// <param name="Proven">To be called when the release has proven itself: the public path leads to it from then on. Does so once; never throws.</param>
internal sealed record StaticRelease(string Folder, Action Proven);
